//! What a drill leaves behind: the evidence line, the findings and the exhibits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmark::Benchmark;
use crate::drill::Claim;
use crate::verdict::{Finding, Verdict};

/// What a drill hands back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// One line for the auditor: what happened, with its numbers.
    pub line: String,
    /// One finding a claim.
    pub findings: Vec<Finding>,
    /// Longer proof: diffs, plans, narratives.
    pub exhibits: Vec<Exhibit>,
    /// What was measured beside the claims.
    pub benchmarks: Vec<Benchmark>,
}

impl Evidence {
    /// Evidence with its line; findings and exhibits follow.
    pub fn new(line: impl Into<String>, findings: Vec<Finding>) -> Self {
        Self { line: line.into(), findings, ..Self::default() }
    }

    /// Every claim of a drill is not testable for the same reason.
    pub fn not_testable(claims: &[Claim], wanted: &str) -> Self {
        let findings = claims.iter().map(|claim| Finding::not_testable(claim.id, wanted)).collect();
        Self::new(format!("not testable: {wanted}"), findings)
    }

    /// Adds an exhibit.
    #[must_use]
    pub fn with_exhibit(mut self, title: &str, kind: ExhibitKind, body: impl Into<String>) -> Self {
        self.exhibits.push(Exhibit { title: title.into(), kind, body: body.into() });
        self
    }

    /// Adds what was measured.
    #[must_use]
    pub fn with_benchmarks(mut self, benchmarks: impl IntoIterator<Item = Benchmark>) -> Self {
        self.benchmarks.extend(benchmarks);
        self
    }

    /// Holds the findings against the claims: each claim is settled exactly once, in the order of the claims.
    /// A claim without a finding was not examined, and a second finding or one for an unknown claim is a
    /// mistake of the drill; all three are `error`.
    #[must_use]
    pub fn settled(self, claims: &[Claim]) -> Self {
        let mut findings = Vec::with_capacity(claims.len());
        for claim in claims {
            let mut found = self.findings.iter().filter(|finding| finding.claim == claim.id);
            findings.push(match (found.next(), found.next()) {
                (Some(finding), None) => finding.clone().settled(),
                (None, _) => {
                    Finding::unproven(claim.id, claim.statement, "the drill examined nothing for it")
                }
                (Some(_), Some(_)) => {
                    Finding::unproven(claim.id, claim.statement, "the drill reported it more than once")
                }
            });
        }
        for stray in self.findings.iter().filter(|f| claims.iter().all(|claim| claim.id != f.claim)) {
            findings.push(Finding::unproven(
                &stray.claim,
                "a claim of this drill",
                "the drill does not declare it",
            ));
        }
        let red = |findings: &[Finding], id: &str| {
            findings.iter().any(|finding| finding.claim == id && finding.verdict != Verdict::Pass)
        };
        for at in 0..claims.len() {
            if findings[at].verdict != Verdict::Pass {
                let cause = claims[at].rests_on.iter().find(|id| red(&findings, id));
                findings[at].follows = cause.map(|id| (*id).to_owned());
            }
        }
        Self { findings, ..self }
    }

    /// The worst of the findings.
    pub fn verdict(&self) -> Verdict {
        Verdict::worst(self.findings.iter().map(|finding| finding.verdict))
    }
}

/// A longer piece of proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exhibit {
    /// What it shows.
    pub title: String,
    /// How to render it.
    pub kind: ExhibitKind,
    /// The text itself.
    pub body: String,
}

impl Exhibit {
    /// Title of the list that `--all` asks for, which is shown whatever the verdict.
    pub const EVERY_MIGRATION: &str = "Every migration";
}

/// How an exhibit is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExhibitKind {
    /// A unified diff.
    Diff,
    /// Prose or preformatted text.
    Text,
    /// A JSON document.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &[Claim] = &[
        Claim { id: "one", statement: "one holds", remedy: "", rests_on: &[] },
        Claim { id: "two", statement: "two holds", remedy: "", rests_on: &["one"] },
    ];

    fn good(claim: &str) -> Finding {
        Finding::judge(claim, true, "x", "x").witnessed("seen")
    }

    #[test]
    fn each_claim_is_settled_exactly_once() {
        assert_eq!(
            Evidence::new("", vec![good("one"), good("two")]).settled(CLAIMS).verdict(),
            Verdict::Pass
        );
        assert_eq!(Evidence::new("", vec![good("one")]).settled(CLAIMS).verdict(), Verdict::Error);
        let twice = Evidence::new("", vec![good("one"), good("one"), good("two")]);
        assert_eq!(twice.settled(CLAIMS).verdict(), Verdict::Error);
        let both = Evidence::new("", vec![]).settled(CLAIMS);
        assert_eq!(both.findings[0].follows, None);
        assert_eq!(both.findings[1].follows.as_deref(), Some("one"));
        let stray = Evidence::new("", vec![good("one"), good("two"), good("three")]);
        assert_eq!(stray.settled(CLAIMS).verdict(), Verdict::Error);
    }
}
