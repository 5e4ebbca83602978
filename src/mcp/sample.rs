//! Sample arguments: filling them, and finding every place in them where a string can stand.

use serde_json::{Map, Value};

use crate::error::Result;
use crate::template::{self, Values};

/// Where a string stands, or may stand, among a tool's arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The fields from the outside in; array items by number.
    pub path: Vec<String>,
    /// Whether the sample holds a string there; otherwise only the schema speaks of one.
    pub in_sample: bool,
}

impl Place {
    /// The path with dots: `step.run_id`.
    pub fn name(&self) -> String {
        self.path.join(".")
    }

    /// The arguments with `text` at this place.
    pub fn put(&self, arguments: &Map<String, Value>, text: &str) -> Map<String, Value> {
        let mut whole = Value::Object(arguments.clone());
        let mut at = &mut whole;
        for field in &self.path {
            at = match at {
                Value::Array(items) => match field.parse::<usize>().ok().and_then(|n| items.get_mut(n)) {
                    Some(item) => item,
                    None => return arguments.clone(),
                },
                Value::Object(fields) => fields.entry(field.clone()).or_insert(Value::Null),
                _ => return arguments.clone(),
            };
        }
        *at = Value::String(text.to_owned());
        match whole {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

/// Fills the placeholders in every string of some sample arguments.
///
/// # Errors
/// A usage error for an unknown placeholder.
pub fn fill(arguments: &Value, values: &Values) -> Result<Map<String, Value>> {
    match filled(arguments, values)? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

fn filled(value: &Value, values: &Values) -> Result<Value> {
    Ok(match value {
        Value::String(text) => Value::String(template::fill(text, values)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| filled(item, values)).collect::<Result<_>>()?)
        }
        Value::Object(fields) => {
            let fill = |(name, item): (&String, &Value)| Ok((name.clone(), filled(item, values)?));
            Value::Object(fields.iter().map(fill).collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}

/// Every string of the sample, and every further property of the schema's top level that takes a free string.
pub fn places(sample: &Map<String, Value>, schema: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    gather(&Value::Object(sample.clone()), &mut Vec::new(), &mut found);
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if !sample.contains_key(name) && takes_text(property) {
            found.push(Place { path: vec![name.clone()], in_sample: false });
        }
    }
    found.sort();
    found
}

fn gather(value: &Value, path: &mut Vec<String>, found: &mut Vec<Place>) {
    let mut below = |name: String, item: &Value| {
        path.push(name);
        gather(item, path, found);
        path.pop();
    };
    match value {
        Value::String(_) => found.push(Place { path: path.clone(), in_sample: true }),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| below(n.to_string(), item)),
        Value::Object(fields) => fields.iter().for_each(|(name, item)| below(name.clone(), item)),
        _ => {}
    }
}

/// Whether a property takes any string, also as one of several types or alternatives.
fn takes_text(property: &Value) -> bool {
    if property.get("enum").is_some() || property.get("const").is_some() {
        return false;
    }
    let of_type = match property.get("type") {
        Some(Value::String(name)) => name == "string",
        Some(Value::Array(names)) => names.iter().any(|name| name == "string"),
        _ => false,
    };
    let alternative = |key: &str| property.get(key).and_then(Value::as_array).into_iter().flatten();
    of_type || alternative("anyOf").chain(alternative("oneOf")).any(takes_text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_are_found_in_depth_and_in_the_schema() {
        let sample = json!({ "step": { "run_id": "R", "turn": 1 }, "tags": ["a"], "kind": "x" });
        let schema = json!({ "properties": {
            "step": { "type": "object" }, "merchant": { "type": ["string", "null"] },
            "note": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
            "mode": { "type": "string", "enum": ["a"] }, "n": { "type": "integer" },
        }});
        let Value::Object(sample) = sample else { panic!() };
        let found = places(&sample, &schema);
        let names: Vec<_> = found.iter().map(|place| (place.name(), place.in_sample)).collect();
        let expected =
            [("kind", true), ("merchant", false), ("note", false), ("step.run_id", true), ("tags.0", true)];
        assert_eq!(names, expected.map(|(name, own)| (name.to_owned(), own)));
        let put = found[3].put(&sample, "x'y");
        assert_eq!(put["step"], json!({ "run_id": "x'y", "turn": 1 }));
        assert_eq!(found[4].put(&sample, "b")["tags"], json!(["b"]));
        assert_eq!(found[1].put(&sample, "m")["merchant"], json!("m"));
    }

    #[test]
    fn placeholders_are_filled_at_any_depth() {
        let values = Values::new().with("run_id", "R'1");
        let filled = fill(&json!({ "a": ["${run_id}", 1] }), &values).unwrap();
        assert_eq!(Value::Object(filled), json!({ "a": ["R'1", 1] }));
        assert!(fill(&json!({ "a": "${nothing}" }), &values).is_err());
    }
}
