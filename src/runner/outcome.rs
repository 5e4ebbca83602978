//! The record of a drill and of the breaks that it was seen to fail under.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::once::Ended;
use crate::benchmark::Benchmark;
use crate::drill::{Applied, Break, DrillSpec};
use crate::evidence::Exhibit;
use crate::recorder::Log;
use crate::verdict::{Finding, Verdict};

/// How a break ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Exactly the named claim turned red.
    Caught,
    /// The named claim stayed green, or another one turned red too.
    Missed,
    /// The break did not apply to this subject, or could not be made.
    Unviable,
    /// The drill did not end in time.
    Timeout,
}

/// A break that was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakRecord {
    /// Id of the break.
    pub id: String,
    /// The claim that had to notice.
    pub claim: String,
    /// What is done to the subject, in one line.
    pub summary: String,
    /// What was really changed, or why it could not be.
    pub applied: String,
    /// How it ended.
    pub proof: Proof,
    /// The claims that turned red, without those whose failure follows from another.
    pub red: Vec<String>,
    /// What the named claim observed.
    pub observed: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl BreakRecord {
    pub(super) fn new(sabotage: &Break, ended: &Ended) -> Self {
        let red: Vec<String> = ended
            .evidence
            .findings
            .iter()
            // What the subject does not describe says nothing of a break.
            .filter(|finding| !matches!(finding.verdict, Verdict::Pass | Verdict::NotTestable))
            .filter(|finding| finding.follows.is_none())
            .map(|finding| finding.claim.clone())
            .collect();
        let named = ended.evidence.findings.iter().find(|finding| finding.claim == sabotage.claim);
        let (viable, applied) = match &ended.applied {
            Some(Applied::Done(what)) => (true, what.clone()),
            Some(Applied::Unviable(why)) => (false, why.clone()),
            None => (false, ended.evidence.line.clone()),
        };
        let proof = match () {
            () if ended.timed_out => Proof::Timeout,
            () if !viable || named.is_some_and(|finding| finding.verdict == Verdict::NotTestable) => {
                Proof::Unviable
            }
            () if red == [sabotage.claim] => Proof::Caught,
            () => Proof::Missed,
        };
        Self {
            id: sabotage.id.into(),
            claim: sabotage.claim.into(),
            summary: sabotage.summary.into(),
            applied,
            proof,
            red,
            observed: named.map(|finding| finding.observed.clone()).unwrap_or_default(),
            duration_ms: millis(ended),
        }
    }

    /// Why the break was not caught, with what was observed instead; `None` when it was.
    pub fn shortfall(&self) -> Option<String> {
        let Self { claim, red, observed, .. } = self;
        let noticed = red.contains(claim);
        Some(match self.proof {
            Proof::Caught => return None,
            Proof::Timeout => "the drill did not end in time".into(),
            // A break that could not be made leaves every claim unproven, the named one too.
            Proof::Unviable if noticed => format!("could not be made: {}", self.applied),
            Proof::Unviable => format!("unviable: {claim} was {observed}"),
            Proof::Missed if noticed => {
                let others: Vec<&str> = red.iter().filter(|id| *id != claim).map(String::as_str).collect();
                let others = others.join(", ");
                format!("missed: beside {claim}, which observed {observed}, {others} turned red too")
            }
            Proof::Missed if red.is_empty() => {
                format!("missed: {claim} did not turn red, observed {observed}")
            }
            Proof::Missed => {
                let others = red.join(", ");
                format!("missed: not {claim} turned red, observed {observed}, but {others}")
            }
        })
    }
}

/// Everything behind one line of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillRecord {
    /// Id of the drill.
    pub id: String,
    /// The worst of its findings.
    pub verdict: Verdict,
    /// What happened, in one line.
    pub evidence: String,
    /// One finding a claim.
    pub findings: Vec<Finding>,
    /// Longer proof.
    pub exhibits: Vec<Exhibit>,
    /// What was measured beside the claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub benchmarks: Vec<Benchmark>,
    /// Statements and timeline.
    pub log: Log,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Breaks that were tried.
    pub breaks: Vec<BreakRecord>,
}

impl DrillRecord {
    pub(super) fn new(spec: &DrillSpec, ended: Ended) -> Self {
        Self {
            id: spec.id.into(),
            verdict: ended.evidence.verdict(),
            duration_ms: millis(&ended),
            evidence: ended.evidence.line,
            findings: ended.evidence.findings,
            exhibits: ended.evidence.exhibits,
            benchmarks: ended.evidence.benchmarks,
            log: ended.log,
            breaks: Vec::new(),
        }
    }
}

fn millis(ended: &Ended) -> u64 {
    u64::try_from(ended.duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SABOTAGE: Break = Break {
        id: "no_key",
        claim: "serial_retry",
        summary: "the key goes",
        apply: |_| Box::pin(async { Ok(Applied::Done(String::new())) }),
    };

    /// The record of the break, from whether each of two claims held.
    fn record(applied: Applied, held: [Option<bool>; 2]) -> BreakRecord {
        let finding = |(claim, held): (&str, Option<bool>)| match held {
            Some(held) => Finding::judge(claim, held, "+1", if held { "+1" } else { "+2" }),
            None => Finding::not_testable(claim, "no [idempotency]"),
        };
        let findings = ["serial_retry", "key_required"].into_iter().zip(held).map(finding).collect();
        let evidence = crate::evidence::Evidence::new("x", findings);
        let (log, logged, duration) = (Log::default(), Vec::new(), std::time::Duration::ZERO);
        let applied = Some(applied);
        BreakRecord::new(&SABOTAGE, &Ended { evidence, log, logged, applied, timed_out: false, duration })
    }

    #[test]
    fn a_break_that_was_not_caught_says_why() {
        let done = || Applied::Done("dropped".into());
        let unviable = || Applied::Unviable("no unique index".into());
        let told = |applied, held| record(applied, held).shortfall();
        assert_eq!(told(done(), [Some(false), Some(true)]), None);
        for (applied, held, why) in [
            (done(), [Some(true), Some(true)], "missed: serial_retry did not turn red, observed +1"),
            (
                done(),
                [Some(true), Some(false)],
                "missed: not serial_retry turned red, observed +1, but key_required",
            ),
            (
                done(),
                [Some(false), Some(false)],
                "missed: beside serial_retry, which observed +2, key_required turned red too",
            ),
            (unviable(), [Some(false), Some(false)], "could not be made: no unique index"),
            (done(), [None, Some(true)], "unviable: serial_retry was not testable: no [idempotency]"),
        ] {
            assert_eq!(told(applied, held).as_deref(), Some(why));
        }
        let late = BreakRecord { proof: Proof::Timeout, ..record(done(), [Some(true), Some(true)]) };
        assert_eq!(late.shortfall().as_deref(), Some("the drill did not end in time"));
    }
}
