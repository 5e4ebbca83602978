//! Where two JSON documents differ, by path.

use serde_json::Value;

/// One line for each place at which `found` is not `wanted`.
pub(super) fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", wanted, found, &mut lines);
    lines
}

fn compare(path: &str, wanted: &Value, found: &Value, lines: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, value) in wanted {
                match found.get(key) {
                    Some(other) => compare(&below(key), value, other, lines),
                    None => lines.push(format!("`{}` is missing", below(key))),
                }
            }
            let extra = found.keys().filter(|key| !wanted.contains_key(*key));
            lines.extend(extra.map(|key| format!("`{}` is too much", below(key))));
        }
        (Value::Array(wanted), Value::Array(found)) => {
            for (at, (value, other)) in wanted.iter().zip(found).enumerate() {
                compare(&below(&at.to_string()), value, other, lines);
            }
            if wanted.len() != found.len() {
                lines.push(format!("`{path}` has {} items instead of {}", found.len(), wanted.len()));
            }
        }
        _ if wanted == found => {}
        _ => lines.push(format!("`{path}` is {}, the record makes it {}", short(found), short(wanted))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
