//! The reference page, `docs/subject.md`, made from the types.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::shape::{Form, Others, Shape};

const HEAD: &str = "\
# The subject file: reference

`sor-gate.toml` says what a system *is*: where its tables, statements and programs are. Each drill reads its own section; a
missing section makes that drill `not testable`. This page is made from the types that read the file; the same as JSON
Schema is in [`sor-gate.schema.json`](sor-gate.schema.json). Editors that know TOML schemas (Taplo, Even Better TOML) take
it from the file's first line: `#:schema docs/sor-gate.schema.json`.

`${name}` in SQL is a bind parameter, or pasted with the quoting of its place where Postgres takes none; `\\${name}` is the
text itself. Tables and columns are spelled as in SQL (`\"Läufe\"` with its quotes), roles as in the catalog. Relative paths
start at the file's folder. `sor-gate check` holds all of it against the catalog.
";

/// The page, in Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut seen = BTreeSet::new();
    let _ = write!(page, "\n## Top level\n\n");
    table(&mut page, Shape::root(), "", &mut seen);
    page
}

fn table(page: &mut String, shape: Shape<'static>, path: &str, seen: &mut BTreeSet<&'static str>) {
    let required: Vec<&str> = shape.required().collect();
    let mut below = Vec::new();
    for (name, key) in shape.keys() {
        let own = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let several =
            key.types() == ["array"] && key.items().is_some_and(|items| items.types() == ["object"]);
        let inner = if several { key.items() } else { Some(key).filter(|key| key.types() == ["object"]) };
        let _ = write!(page, "- **`{name}`** ({}", kind(key));
        if !required.contains(&name) {
            page.push_str(match key.get("default") {
                serde_json::Value::Null => ", may be left out",
                _ => "",
            });
            let default = key.get("default");
            if !default.is_null() && !default.is_object() {
                let _ = write!(page, ", `{default}` by default");
            }
        }
        let _ =
            writeln!(page, "): {}{}", line(key.get("description").as_str().unwrap_or_default()), usage(key));
        if let Some(inner) = inner.filter(|inner| inner.keys().next().is_some()) {
            below.push((own, several, inner));
        }
    }
    for (own, several, inner) in below {
        let title = if several { format!("[[{own}]]") } else { format!("[{own}]") };
        let type_name = inner.type_name();
        let again = !type_name.is_empty() && !seen.insert(type_name);
        let _ = write!(page, "\n## `{title}`\n\n{}\n\n", line(inner.type_doc()));
        if again {
            page.push_str("The keys are those of the same kind of table above.\n");
        } else {
            table(page, inner, &own, seen);
        }
    }
}

fn kind(key: Shape<'static>) -> String {
    let words = key.words();
    if !words.is_empty() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    }
    let one = |name: &str| match name {
        "string" if key.sql().is_some() => "SQL",
        "string" => "text",
        "integer" => "whole number",
        "boolean" => "true or false",
        "array" => "list",
        "object" => "table",
        _ => "any value",
    };
    let types = key.types();
    match (types.as_slice(), key.sql().is_some(), key.others()) {
        (["array"], true, _) => "list of SQL".into(),
        (["object"], _, Others::Are(_)) => "map".into(),
        ([], _, _) => "any value".into(),
        (types, _, _) => types.iter().map(|name| one(name)).collect::<Vec<_>>().join(" or "),
    }
}

fn usage(key: Shape<'static>) -> String {
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let holes =
        |names: &[&str]| names.iter().map(|name| format!("`${{{name}}}`")).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    if let Some(usage) = key.sql() {
        let form = if usage.form == Form::Expression { "" } else { "Run as" };
        let role = match usage.role.as_str() {
            "admin" => "admin",
            "relay" => "the relay's role",
            _ => "the Worker's role",
        };
        if !form.is_empty() {
            let _ = write!(text, " {form} {role}.");
        }
        let with: Vec<&str> = usage.with.iter().map(String::as_str).collect();
        if !with.is_empty() {
            let _ = write!(text, " Placeholders: {}.", holes(&with));
        }
        let answers: Vec<&str> = usage.answers.iter().map(String::as_str).collect();
        if !answers.is_empty() {
            let _ = write!(text, " Must answer {}.", list(&answers));
        }
    }
    if let Some(words) = key.word().filter(|words| !words.is_empty()) {
        let _ = write!(text, " Placeholders: {}.", holes(&words));
    }
    let further: Vec<&str> = key.further_words().collect();
    if !further.is_empty() {
        let _ = write!(text, " Further placeholders: {}.", holes(&further));
    }
    text
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
