//! How the subjects' schemas differ: what the catalogs hold, and the files that made it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::united;
use crate::catalog::{Snapshot, unified};
use crate::record::{Change, Record, changes};

/// How a subject's schema differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaChange {
    /// The subject's short name.
    pub subject: String,
    /// The difference between the catalogs as a unified diff, item by item; empty when there is none.
    pub catalog: String,
    /// Setup, migrations and seeds whose digests differ, or that only one has, by path.
    pub files: Vec<Change>,
}

pub(super) fn schema(before: &Record, after: &Record) -> Vec<SchemaChange> {
    let changed = names(before, after).into_iter().map(|name| SchemaChange {
        subject: name.to_owned(),
        catalog: unified(&catalog(before, name), &catalog(after, name)),
        files: changes(&files(before, name), &files(after, name)),
    });
    changed.filter(|change| !change.catalog.is_empty() || !change.files.is_empty()).collect()
}

fn names<'r>(before: &'r Record, after: &'r Record) -> Vec<&'r str> {
    united([before, after].map(|record| record.subjects.iter().map(|subject| subject.name.as_str())))
}

fn catalog(record: &Record, name: &str) -> Snapshot {
    let own = record.schemas.iter().find(|schema| schema.subject == name);
    own.map(|schema| schema.catalog.clone()).unwrap_or_default()
}

/// Path to digest.
fn files(record: &Record, name: &str) -> Value {
    let own = record.subjects.iter().filter(|subject| subject.name == name);
    let files = own.flat_map(|subject| &subject.schema_files);
    files.map(|file| (file.path.clone(), Value::from(file.digest.as_str()))).collect()
}
