//! What changed between two runs: claims, schema, settings, timings. From the records alone.

mod claims;
mod schema;
mod settings;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::record::{self, Change, Record};

pub use claims::{BreakChange, ClaimChange, Seen};
pub use schema::SchemaChange;

/// Two runs, and what is different in the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    /// The first.
    pub before: Side,
    /// The second.
    pub after: Side,
    /// Claims that ended otherwise, or that only one of them has.
    pub claims: Vec<ClaimChange>,
    /// Breaks that ended otherwise, or were only tried in one of them.
    pub breaks: Vec<BreakChange>,
    /// Subjects whose schema differs.
    pub schema: Vec<SchemaChange>,
    /// What differs in gate, subject, server, machine, plan and policy.
    pub settings: Vec<Change>,
    /// How long the run and each drill took.
    pub timings: Vec<Timing>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Side {
    /// The run's id.
    pub run_id: String,
    /// `PERMITTED` or `BLOCKED`.
    pub decision: String,
    /// The commit of the subjects; null when it is unknown, or when they are of several.
    pub commit: Option<String>,
    /// Whether the files were those of the commit; null when that is not known.
    pub clean: Option<bool>,
}

/// How long something took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Timing {
    /// Id of a drill; null for the whole run.
    pub drill: Option<String>,
    /// In the first, in milliseconds; null when it was not there.
    pub before_ms: Option<u64>,
    /// In the second.
    pub after_ms: Option<u64>,
}

impl Comparison {
    /// Compares two records.
    pub fn of(before: &Record, after: &Record) -> Self {
        Self {
            before: Side::of(before),
            after: Side::of(after),
            claims: claims::claims(before, after),
            breaks: claims::breaks(before, after),
            schema: schema::schema(before, after),
            settings: settings::settings(before, after),
            timings: timings(before, after),
        }
    }
}

impl Side {
    fn of(record: &Record) -> Self {
        let (commit, uncommitted) = record::checkout(&record.subjects);
        Self {
            run_id: record.run_id.clone(),
            decision: record.decision.clone(),
            commit,
            clean: uncommitted.map(|files| files.is_empty()),
        }
    }
}

/// Keys of both, each once, those of the first in front.
fn united<'k>(keys: [impl Iterator<Item = &'k str>; 2]) -> Vec<&'k str> {
    let mut seen = BTreeSet::new();
    keys.into_iter().flatten().filter(|key| seen.insert(*key)).collect()
}

fn timings(before: &Record, after: &Record) -> Vec<Timing> {
    let whole = |record: &Record| {
        u64::try_from(record.finished_at.duration_since(record.started_at).as_millis()).ok()
    };
    let of = |record: &Record, id: &str| {
        record.drills.iter().find(|drill| drill.id == id).map(|drill| drill.duration_ms)
    };
    let drills = drill_ids(before, after).into_iter().map(|id| Timing {
        drill: Some(id.to_owned()),
        before_ms: of(before, id),
        after_ms: of(after, id),
    });
    let run = Timing { drill: None, before_ms: whole(before), after_ms: whole(after) };
    std::iter::once(run).chain(drills).collect()
}

fn drill_ids<'r>(before: &'r Record, after: &'r Record) -> Vec<&'r str> {
    united([before, after].map(|record| record.drills.iter().map(|drill| drill.id.as_str())))
}
