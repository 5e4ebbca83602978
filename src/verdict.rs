//! Verdicts and findings: what a judge says of a claim.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a claim, a drill or a run ended, ordered from best to worst.
///
/// Merging takes the worst. As in Jepsen's checkers a proven failure outranks "could not tell",
/// and nothing but `Pass` passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The claim held, and its witness proves that it was really put to the test.
    Pass,
    /// The subject does not describe what the claim needs.
    NotTestable,
    /// The harness could not tell: no witness, no control, a step of its own that failed.
    Error,
    /// The subject broke the claim.
    Fail,
}

impl Verdict {
    /// The worst of several; of none at all it is `Error`, because nothing was examined.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        verdicts.into_iter().max().unwrap_or(Verdict::Error)
    }
}

/// What was found about one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The claim's id within its drill.
    pub claim: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What had to hold, in a few words.
    pub expected: String,
    /// What was seen, with its numbers.
    pub observed: String,
    /// Proof that the fault, the race or the attack really happened; a pass without any is no pass.
    pub witness: Vec<String>,
    /// The broken claim that this failure follows from, if it is not a finding of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

impl Finding {
    /// Judges: `holds` decides between pass and fail.
    pub fn judge(claim: &str, holds: bool, expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self {
            claim: claim.into(),
            verdict: if holds { Verdict::Pass } else { Verdict::Fail },
            expected: expected.into(),
            observed: observed.into(),
            witness: Vec::new(),
            follows: None,
        }
    }

    /// The harness could not tell, and says why.
    pub fn unproven(claim: &str, expected: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Error,
            ..Self::judge(claim, false, expected, format!("not proven: {}", why.into()))
        }
    }

    /// The subject does not describe what the claim needs; `wanted` names the missing keys.
    pub fn not_testable(claim: &str, wanted: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::NotTestable,
            ..Self::judge(
                claim,
                false,
                "described in the subject file",
                format!("not testable: {}", wanted.into()),
            )
        }
    }

    /// Adds a witness.
    #[must_use]
    pub fn witnessed(mut self, witness: impl Into<String>) -> Self {
        self.witness.push(witness.into());
        self
    }

    /// A pass that nothing witnesses is "could not tell".
    #[must_use]
    pub fn settled(self) -> Self {
        if self.verdict == Verdict::Pass && self.witness.is_empty() {
            let observed = format!("not proven: no witness that it was put to the test ({})", self.observed);
            return Self { verdict: Verdict::Error, observed, ..self };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_examined_is_not_a_pass() {
        assert_eq!(Verdict::worst([]), Verdict::Error);
        assert_eq!(Verdict::worst([Verdict::Pass, Verdict::Pass]), Verdict::Pass);
        assert_eq!(Verdict::worst([Verdict::Error, Verdict::Fail, Verdict::Pass]), Verdict::Fail);
    }

    #[test]
    fn a_pass_needs_its_witness() {
        let bare = Finding::judge("exclusive", true, "one claimer", "one claimer");
        assert_eq!(bare.clone().settled().verdict, Verdict::Error);
        assert_eq!(bare.witnessed("pid 7 held the row").settled().verdict, Verdict::Pass);
    }
}
