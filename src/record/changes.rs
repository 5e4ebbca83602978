//! Where two JSON documents differ, by path.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// One place at which two documents differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The place: `postgres.settings.fsync`.
    pub path: String,
    /// What stands there in the first; null when nothing does.
    pub before: Option<Value>,
    /// What stands there in the second; null when nothing does.
    pub after: Option<Value>,
}

/// Every place at which `after` is not `before`, as deep as both have it.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    let below = |key: &dyn std::fmt::Display| {
        if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
    };
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            for (key, value) in before {
                compare(&below(key), Some(value), after.get(key), found);
            }
            for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                compare(&below(key), None, Some(value), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for at in 0..before.len().max(after.len()) {
                compare(&below(&at), before.get(at), after.get(at), found);
            }
        }
        _ if before == after => {}
        _ => found.push(Change { path: path.into(), before: before.cloned(), after: after.cloned() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_place_is_named_once() {
        let before = json!({"a": 1, "b": {"c": [1, 2], "d": null}, "e": "x"});
        let after = json!({"a": 1, "b": {"c": [1], "d": 2}, "f": {"g": true}});
        let found = changes(&before, &after);
        let paths: Vec<&str> = found.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["b.c.1", "b.d", "e", "f"]);
        assert_eq!(found[1].before, Some(Value::Null));
        assert_eq!((&found[2].after, &found[3].before), (&None, &None));
    }
}
