//! Digests of the record's parts, so that whoever finds it changed can say where.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::record::digest;

/// Path in the record to the digest of what stands there, written without blanks. Drills go by their ids.
pub fn sections(record: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in record.as_object().into_iter().flatten() {
        match value.as_array().filter(|_| key == "drills") {
            None => add(&mut found, key.clone(), value),
            Some(drills) => {
                for (at, drill) in drills.iter().enumerate() {
                    let id =
                        drill.get("id").and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
                    for (part, value) in drill.as_object().into_iter().flatten() {
                        add(&mut found, format!("drills/{id}/{part}"), value);
                    }
                }
            }
        }
    }
    found
}

fn add(found: &mut BTreeMap<String, String>, path: String, value: &Value) {
    found.insert(path, digest(value.to_string().as_bytes()));
}
