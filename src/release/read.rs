//! The strict reader of `bundle.json`: it sees what a JSON map hides, and names each defect in one line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::bundle::EvidenceBundle;
use super::line::Line;
use super::shape::{BundleShape, DECISION_KEY, nearest};

/// No bundle is larger than this, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Reads a bundle of this shape, or says everything that is wrong with it, one line a defect.
pub fn read(shape: &BundleShape, bytes: &[u8]) -> Result<EvidenceBundle, Vec<String>> {
    let entries = entries(bytes).map_err(|defect| vec![defect])?;
    let mut defects = key_defects(shape, &entries);
    defects.extend(entries.iter().filter(|(key, _)| shape.keys().any(|k| k == key)).filter_map(value_defect));
    if !defects.is_empty() {
        return Err(defects);
    }
    let mut texts: Vec<(String, String)> = entries
        .into_iter()
        .map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let release_decision = texts.pop().map(|(_, text)| text).unwrap_or_default();
    let lines = texts.into_iter().map(|(id, text)| (id, Line::parse(&text))).collect();
    Ok(EvidenceBundle { lines, release_decision })
}

fn entries(bytes: &[u8]) -> Result<Vec<(String, Value)>, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("the file is larger than {MAX_BYTES} bytes; no bundle is"));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("the file is empty".into());
    }
    if bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || bytes[..bytes.len().min(4)].contains(&0)
    {
        return Err("the file is not UTF-8 text; it looks like UTF-16 or UTF-32".into());
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(
            "the file starts with a byte order mark, which JSON forbids (RFC 8259, section 8.1)".into()
        );
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("the file is not UTF-8 text: bad byte at offset {}", error.valid_up_to()))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let entries = Entries::deserialize(&mut json).map_err(|error| match error.classify() {
        Category::Data => "the file is JSON but not an object".to_owned(),
        Category::Eof => format!("the file is not JSON: it ends too early ({})", place(&error)),
        _ => format!("the file is not JSON ({})", place(&error)),
    })?;
    json.end()
        .map_err(|error| format!("something follows the end of the JSON object ({})", place(&error)))?;
    Ok(entries.0)
}

fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// The members of an object as they stand, doubles included.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_any(Members)
    }
}

fn key_defects(shape: &BundleShape, entries: &[(String, Value)]) -> Vec<String> {
    let count = |wanted: &str| entries.iter().filter(|(key, _)| key == wanted).count();
    let mut missing: Vec<&str> = shape.keys().filter(|key| count(key) == 0).collect();
    let mut defects = Vec::new();
    for (key, _) in entries.iter().filter(|(key, _)| shape.keys().all(|known| known != key)) {
        defects.push(match nearest(key, missing.iter().copied()) {
            Some(meant) => {
                missing.retain(|key| *key != meant);
                format!("unknown key {} (did you mean `{meant}`, which is missing?)", quoted(key))
            }
            None => format!("extra key {}", quoted(key)),
        });
    }
    defects.extend(missing.iter().map(|key| format!("key `{key}` is missing")));
    for key in shape.keys().filter(|key| count(key) > 1) {
        defects.push(format!("key `{key}` stands {} times", count(key)));
    }
    if defects.is_empty() {
        let misplaced = shape.keys().zip(entries).find(|(wanted, (key, _))| wanted != key);
        defects.extend(
            misplaced.map(|(wanted, (key, _))| {
                format!("key `{key}` stands where `{wanted}` belongs: wrong order")
            }),
        );
    }
    defects
}

fn value_defect((key, value): &(String, Value)) -> Option<String> {
    let kind = match value {
        Value::String(text) => return text_defect(key, text),
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Some(format!("key `{key}` holds {kind}, not a text"))
}

fn text_defect(key: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(format!("key `{key}` holds an empty text"));
    }
    if !text.chars().any(char::is_alphanumeric) {
        return Some(format!("key `{key}` holds a blank text"));
    }
    if text.contains(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Some(format!("key `{key}` holds more than one line"));
    }
    if text.chars().any(char::is_control) {
        return Some(format!("key `{key}` holds a control character"));
    }
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if key != DECISION_KEY && text != "pass" && letters.to_lowercase() == "pass" {
        return Some(format!("key `{key}` holds {}, which is neither `pass` nor a reason", quoted(text)));
    }
    None
}

/// A foreign text in back quotes, cut short, with everything but plain characters escaped.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    let shown: String = cut
        .chars()
        .flat_map(|c| {
            if c.is_ascii() { c.escape_debug().collect::<Vec<_>>() } else { c.escape_unicode().collect() }
        })
        .collect();
    format!("`{shown}`{more}")
}
