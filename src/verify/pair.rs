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
        let found = Beside::find(place, &shape.file());
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
                let mut facts = record.facts(shape);
                facts.problems.extend(bundle_digest(shape, record, &self.bytes));
                facts.problems.extend(disagreements(shape, bundle, record));
                facts
            }
            Err(defects) => RecordFacts {
                drills: Vec::new(),
                commit: None,
                uncommitted: None,
                finished_at: Timestamp::MIN,
                problems: defects.clone(),
            },
        });
        release::decide_bundle(shape, bundle, facts.as_ref(), policy, now)
    }
}

fn bundle_digest(shape: &BundleShape, record: &Record, bytes: &[u8]) -> Option<String> {
    let name = shape.file();
    let noted = record.files.iter().find(|file| file.path == name).map(|file| file.digest.as_str());
    match noted {
        Some(noted) if noted == record::digest(bytes) => None,
        Some(_) => Some(format!("{name}: its digest is not the one in the record")),
        None => Some(format!("{name}: the record has no digest of it")),
    }
}

/// Where a bundle is not the one that its record makes, one line each.
pub fn disagreements(shape: &BundleShape, bundle: &EvidenceBundle, record: &Record) -> Vec<String> {
    let (made, decision) = sealed(shape, &record::policy(&record.policy), record);
    let mut found = Vec::new();
    let name = shape.file();
    for (id, line) in &bundle.lines {
        if made.line(id) != Some(line) {
            let wanted = made.line(id).map_or_else(|| "nothing".to_owned(), ToString::to_string);
            found.push(format!("{name}: `{id}` says `{line}`, its record makes it `{wanted}`"));
        }
    }
    let said = record.suites.iter().find(|suite| suite.bundle == name).map(|suite| suite.decision.as_str());
    if said != Some(decision.word()) {
        found.push(format!(
            "record.json: `decision` of {name} says {}, its drills make it {}",
            said.unwrap_or("nothing"),
            decision.word()
        ));
    }
    let ends = record.suites.iter().find(|suite| suite.bundle == name).map(|suite| suite.drills.as_slice());
    if ends != Some(&record.ends(shape)) {
        found.push(format!("record.json: `suites` tells other ends of {name}'s drills than `drills` does"));
    }
    let blocked = record.suites.iter().any(|suite| suite.decision != "PERMITTED");
    let all = if blocked || record.suites.is_empty() { "BLOCKED" } else { "PERMITTED" };
    if record.decision != all {
        found.push(format!("record.json: `decision` says {}, its suites make it {all}", record.decision));
    }
    // Another version may word its decision differently; the release step weighs such a text by its own rules.
    let same_tool = record.tool.version == env!("CARGO_PKG_VERSION");
    if same_tool && found.is_empty() && made.release_decision != bundle.release_decision {
        found.push(format!("{name}: `release_decision` is not the text that its record makes"));
    }
    found
}
