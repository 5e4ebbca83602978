//! What differs in all that a run stood on, other than the schema.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::record::{Change, Record, changes};

pub(super) fn settings(before: &Record, after: &Record) -> Vec<Change> {
    changes(&stood_on(before), &stood_on(after))
}

fn stood_on(record: &Record) -> Value {
    let subjects: BTreeMap<&str, Value> = record
        .subjects
        .iter()
        .map(|subject| {
            let about = json!({
                "file": subject.file,
                "digest": subject.digest,
                "commit": subject.commit,
                "uncommitted": subject.uncommitted,
            });
            (subject.name.as_str(), about)
        })
        .collect();
    json!({
        "tool": record.tool,
        "subjects": subjects,
        "postgres": record.postgres,
        "host": record.host,
        "plan": record.plan,
        "policy": record.policy,
    })
}
