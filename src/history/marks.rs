//! Marks drills that turned red, and those that end now so, now so, on the same files.

use std::collections::{BTreeMap, BTreeSet};

use super::Run;
use crate::record::{FileDigest, Head};
use crate::verdict::Verdict;

/// What has to be the same for a drill to end the same: the gate, and all that the record knows of the subject.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Same<'h> {
    drill: &'h str,
    gate: (&'h str, Option<&'h str>),
    subject: &'h str,
    commit: Option<&'h str>,
    uncommitted: Option<&'h [String]>,
    files: &'h [FileDigest],
}

impl<'h> Same<'h> {
    fn of(head: &'h Head, drill: &'h str) -> Option<Self> {
        let subject = head.subjects.iter().find(|subject| subject.drills.iter().any(|id| id == drill))?;
        Some(Self {
            drill,
            gate: (&head.tool.version, head.tool.commit.as_deref()),
            subject: &subject.digest,
            commit: subject.commit.as_deref(),
            uncommitted: subject.uncommitted.as_deref(),
            files: &subject.schema_files,
        })
    }
}

/// Sets the marks of the runs, which are those of the heads, oldest first.
pub(super) fn mark(heads: &[Head], runs: &mut [Run]) {
    let passed: BTreeSet<Same<'_>> = heads
        .iter()
        .filter(|head| head.plan.sabotage.is_none())
        .flat_map(|head| head.suites.iter().flat_map(|suite| &suite.drills).map(move |end| (head, end)))
        .filter(|(_, end)| end.verdict == Verdict::Pass)
        .filter_map(|(head, end)| Same::of(head, &end.id))
        .collect();
    let mut before: BTreeMap<String, Verdict> = BTreeMap::new();
    for (head, run) in heads.iter().zip(runs).filter(|(head, _)| head.plan.sabotage.is_none()) {
        for ended in &mut run.drills {
            let last = before.insert(ended.id.clone(), ended.verdict);
            if ended.verdict != Verdict::Pass {
                ended.newly_red = last == Some(Verdict::Pass);
                ended.flaky = Same::of(head, &ended.id).is_some_and(|same| passed.contains(&same));
            }
        }
    }
}
