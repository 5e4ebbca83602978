//! From a record to what the release step asks of it, and the digests that bind files together.

use super::types::{FileDigest, PolicyRecord, Record, WaiverRecord};
use crate::release::{DrillFacts, RecordFacts, ReleasePolicy, Waiver};
use crate::runner::{DrillRecord, Proof};
use crate::verdict::Verdict;

pub use crate::subject::digest;

/// The facts that bear on the decision.
pub trait Facts {
    /// One entry a drill; `problems` are the reader's to fill.
    fn facts(&self) -> RecordFacts;
}

impl Facts for Record {
    fn facts(&self) -> RecordFacts {
        let mut problems = Vec::new();
        // Otherwise the drill that noticed says enough.
        let unnoticed = self.drills.iter().all(|drill| drill.verdict == Verdict::Pass);
        if let Some(sabotage) = self.plan.sabotage.as_ref().filter(|_| unnoticed) {
            problems.push(format!("the subject was run under the break {sabotage} on purpose"));
        }
        RecordFacts {
            drills: self.drills.iter().map(drill_facts).collect(),
            commit: self.subject.commit.clone(),
            finished_at: self.finished_at,
            problems,
        }
    }
}

fn drill_facts(record: &DrillRecord) -> DrillFacts {
    let ended = |good: bool| {
        let those = record.breaks.iter().filter(move |tried| (tried.proof == Proof::Caught) == good);
        those.map(|tried| tried.id.clone()).collect()
    };
    let examined = record.findings.iter().filter(|finding| finding.verdict != Verdict::NotTestable);
    DrillFacts {
        id: record.id.clone(),
        claims_examined: examined.count(),
        caught: ended(true),
        missed: ended(false),
    }
}

/// Names and digests of a run's files.
pub fn files<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Vec<FileDigest> {
    let digested = |(name, content): (&str, &[u8])| FileDigest { path: name.into(), digest: digest(content) };
    files.into_iter().map(digested).collect()
}

/// The policy under which a record was sealed. Which record counts is for whoever decides later.
pub fn policy(record: &PolicyRecord) -> ReleasePolicy {
    let waivers = record.waivers.iter().cloned().map(Waiver::from).collect();
    ReleasePolicy { waivers, ..ReleasePolicy::default() }
}

impl From<&ReleasePolicy> for PolicyRecord {
    fn from(policy: &ReleasePolicy) -> Self {
        let waivers = policy.waivers.iter().cloned().map(|waiver| WaiverRecord {
            covers: waiver.covers,
            reason: waiver.reason,
            approver: waiver.approver,
            expires: waiver.expires,
        });
        Self { waivers: waivers.collect() }
    }
}

impl From<WaiverRecord> for Waiver {
    fn from(record: WaiverRecord) -> Self {
        Self {
            covers: record.covers,
            reason: record.reason,
            approver: record.approver,
            expires: record.expires,
        }
    }
}
