//! Claims and breaks that ended otherwise.

use schemars::JsonSchema;
use serde::Serialize;

use super::{drill_ids, united};
use crate::record::Record;
use crate::runner::{BreakRecord, DrillRecord, Proof};
use crate::verdict::{Finding, Verdict};

/// A claim that ended otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimChange {
    /// Id of the drill.
    pub drill: String,
    /// Id of the claim.
    pub claim: String,
    /// What was found in the first; null when it was not examined there.
    pub before: Option<Seen>,
    /// What was found in the second.
    pub after: Option<Seen>,
}

/// What was found of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seen {
    /// How it ended.
    pub verdict: Verdict,
    /// What had to hold.
    pub expected: String,
    /// What was seen.
    pub observed: String,
}

/// A break that ended otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BreakChange {
    /// Id of the drill.
    pub drill: String,
    /// Id of the break.
    #[serde(rename = "break")]
    pub id: String,
    /// How it ended in the first; null when it was not tried there.
    pub before: Option<Proof>,
    /// How it ended in the second.
    pub after: Option<Proof>,
}

/// Numbers that an observation holds differ from run to run, so only the verdict counts.
pub(super) fn claims(before: &Record, after: &Record) -> Vec<ClaimChange> {
    let mut found = Vec::new();
    for drill in drill_ids(before, after) {
        let (old, new) = (findings(before, drill), findings(after, drill));
        let ids = [old, new].map(|findings| findings.iter().map(|finding| finding.claim.as_str()));
        for claim in united(ids) {
            let seen =
                |findings: &[Finding]| findings.iter().find(|finding| finding.claim == claim).map(Seen::from);
            let (old, new) = (seen(old), seen(new));
            if old.as_ref().map(|seen| seen.verdict) != new.as_ref().map(|seen| seen.verdict) {
                found.push(ClaimChange { drill: drill.into(), claim: claim.into(), before: old, after: new });
            }
        }
    }
    found
}

pub(super) fn breaks(before: &Record, after: &Record) -> Vec<BreakChange> {
    let mut found = Vec::new();
    for drill in drill_ids(before, after) {
        let (old, new) = (tried(before, drill), tried(after, drill));
        for id in united([old, new].map(|tried| tried.iter().map(|tried| tried.id.as_str()))) {
            let proof =
                |tried: &[BreakRecord]| tried.iter().find(|tried| tried.id == id).map(|tried| tried.proof);
            let (before, after) = (proof(old), proof(new));
            if before != after {
                found.push(BreakChange { drill: drill.into(), id: id.into(), before, after });
            }
        }
    }
    found
}

fn own<'r>(record: &'r Record, drill: &str) -> Option<&'r DrillRecord> {
    record.drills.iter().find(|own| own.id == drill)
}

fn findings<'r>(record: &'r Record, drill: &str) -> &'r [Finding] {
    own(record, drill).map(|drill| &drill.findings[..]).unwrap_or_default()
}

fn tried<'r>(record: &'r Record, drill: &str) -> &'r [BreakRecord] {
    own(record, drill).map(|drill| &drill.breaks[..]).unwrap_or_default()
}

impl From<&Finding> for Seen {
    fn from(finding: &Finding) -> Self {
        Self {
            verdict: finding.verdict,
            expected: finding.expected.clone(),
            observed: finding.observed.clone(),
        }
    }
}
