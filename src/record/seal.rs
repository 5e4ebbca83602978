//! From a record to what the release step asks of it, and the digests that bind files together.

use super::ground::{PolicyRecord, SubjectRecord, WaiverRecord};
use super::types::{FileDigest, Record};
use crate::release::{BundleShape, DrillFacts, RecordFacts, ReleasePolicy, Waiver};
use crate::runner::{BreakRecord, DrillRecord, Proof};
use crate::verdict::Verdict;

pub use crate::subject::digest;

/// The facts that bear on the decision.
pub trait Facts {
    /// One entry a drill of the bundle; `problems` are the reader's to fill.
    fn facts(&self, shape: &BundleShape) -> RecordFacts;
}

impl Facts for Record {
    fn facts(&self, shape: &BundleShape) -> RecordFacts {
        let own: Vec<&DrillRecord> = self.drills_of(shape).collect();
        let subjects = own.iter().filter_map(|drill| self.subject_of(&drill.id));
        let (commit, uncommitted) = checkout(subjects);
        let mut problems = Vec::new();
        // Otherwise the drill that noticed says enough.
        let unnoticed = own.iter().all(|drill| drill.verdict == Verdict::Pass);
        let sabotage = self.plan.sabotage.as_ref().filter(|_| unnoticed);
        let of = |id: &str| sabotage.is_some_and(|sabotage| sabotage.starts_with(&format!("{id}.")));
        if let Some(sabotage) = sabotage.filter(|_| own.iter().any(|drill| of(&drill.id))) {
            problems.push(format!("the subject was run under the break {sabotage} on purpose"));
        }
        RecordFacts {
            drills: own.iter().copied().map(drill_facts).collect(),
            commit,
            uncommitted,
            finished_at: self.finished_at,
            problems,
        }
    }
}

impl Record {
    /// The drills that belong to a bundle: all but those that the catalogue gives to another suite.
    pub fn drills_of<'r>(&'r self, shape: &'r BundleShape) -> impl Iterator<Item = &'r DrillRecord> {
        let elsewhere = |id: &str| {
            let about = self.catalogue.iter().find(|about| about.id == id);
            about.is_some_and(|about| about.suite.bundle() != shape.name)
        };
        self.drills.iter().filter(move |drill| !elsewhere(&drill.id))
    }
}

/// The commit that all of these are of, and what was not as that commit has it; `None` where that is not known. Systems
/// of several commits are of none that could be asked for.
pub fn checkout<'s>(
    subjects: impl IntoIterator<Item = &'s SubjectRecord>,
) -> (Option<String>, Option<Vec<String>>) {
    let mut subjects = subjects.into_iter();
    let Some(first) = subjects.next() else { return (None, None) };
    let (mut commit, mut uncommitted) = (first.commit.clone(), first.uncommitted.clone());
    for other in subjects {
        commit = commit.filter(|commit| other.commit.as_ref() == Some(commit));
        uncommitted = uncommitted.zip(other.uncommitted.clone()).map(|(mut all, more)| {
            all.extend(more.into_iter().filter(|path| !all.contains(path)).collect::<Vec<_>>());
            all
        });
    }
    (commit, uncommitted)
}

fn drill_facts(record: &DrillRecord) -> DrillFacts {
    let (caught, missed): (Vec<&BreakRecord>, _) =
        record.breaks.iter().partition(|tried| tried.proof == Proof::Caught);
    let why = |tried: &BreakRecord| match tried.shortfall() {
        Some(why) => format!("{}: {why}", tried.id),
        None => tried.id.clone(),
    };
    let examined = record.findings.iter().filter(|finding| finding.verdict != Verdict::NotTestable);
    DrillFacts {
        id: record.id.clone(),
        claims_examined: examined.count(),
        caught: caught.into_iter().map(|tried| tried.id.clone()).collect(),
        missed: missed.into_iter().map(why).collect(),
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
