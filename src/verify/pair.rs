//! A bundle and the record beside it, read together.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::error::Result;
use crate::record::{self, Beside, Facts as _, RECORD_FILE, Record};
use crate::release::{self, BundleShape, EvidenceBundle, RecordFacts, ReleaseDecision, ReleasePolicy};
use crate::report::keep::sealed;

/// What was found at a place: a bundle, and a record where there is one.
pub struct Pair {
    /// The bundle, or its defects.
    pub bundle: Result<EvidenceBundle, Vec<String>>,
    /// The record, or its defects; `None` for a bundle that stands alone.
    pub record: Option<Result<Record, Vec<String>>>,
    bytes: Vec<u8>,
}

impl Pair {
    /// Reads a run's folder, or a bundle with the record that may lie beside it.
    ///
    /// # Errors
    /// A usage error when there is no bundle to read.
    pub fn load(place: &Path, shape: &BundleShape) -> Result<Self> {
        let found = Beside::find(place);
        let bytes = release::bytes_of(&found.bundle)?;
        let bundle = release::read(shape, &bytes);
        let record = found.record.map(|file| match fs::read(&file) {
            Ok(bytes) => record::read(&bytes),
            Err(error) => Err(vec![format!("{RECORD_FILE}: cannot be read: {error}")]),
        });
        Ok(Self { bundle, record, bytes })
    }

    /// Decides on what was found, as of `now`.
    pub fn decide(&self, shape: &BundleShape, policy: &ReleasePolicy, now: Timestamp) -> ReleaseDecision {
        let bundle = match &self.bundle {
            Ok(bundle) => bundle,
            Err(defects) => return ReleaseDecision::malformed(defects.clone()),
        };
        let facts = self.record.as_ref().map(|record| match record {
            Ok(record) => {
                let mut facts = record.facts();
                facts.problems.extend(bundle_digest(record, &self.bytes));
                facts.problems.extend(disagreements(shape, bundle, record));
                facts
            }
            Err(defects) => RecordFacts {
                drills: Vec::new(),
                commit: None,
                finished_at: Timestamp::MIN,
                problems: defects.clone(),
            },
        });
        release::decide_bundle(shape, bundle, facts.as_ref(), policy, now)
    }
}

fn bundle_digest(record: &Record, bytes: &[u8]) -> Option<String> {
    let noted = record.files.iter().find(|file| file.path == "bundle.json").map(|file| file.digest.as_str());
    match noted {
        Some(noted) if noted == record::digest(bytes) => None,
        Some(_) => Some("bundle.json: its digest is not the one in the record".into()),
        None => Some("bundle.json: the record has no digest of it".into()),
    }
}

/// Where a bundle is not the one that its record makes, one line each.
pub fn disagreements(shape: &BundleShape, bundle: &EvidenceBundle, record: &Record) -> Vec<String> {
    let (made, decision) = sealed(shape, &record::policy(&record.policy), record);
    let mut found = Vec::new();
    for (id, line) in &bundle.lines {
        if made.line(id) != Some(line) {
            let wanted = made.line(id).map_or_else(|| "nothing".to_owned(), ToString::to_string);
            found.push(format!("bundle.json: `{id}` says `{line}`, its record makes it `{wanted}`"));
        }
    }
    if decision.word() != record.decision {
        found.push(format!(
            "record.json: `decision` says {}, its drills make it {}",
            record.decision,
            decision.word()
        ));
    }
    // Another version may word its decision differently; the release step weighs such a text by its own rules.
    let same_tool = record.tool.version == env!("CARGO_PKG_VERSION");
    if same_tool && found.is_empty() && made.release_decision != bundle.release_decision {
        found.push("bundle.json: `release_decision` is not the text that its record makes".into());
    }
    found
}
