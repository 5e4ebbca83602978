//! The decision: a pure function of lines, shape, record facts, policy and the clock. It fails closed.

use jiff::Timestamp;

use super::agreement::disagreements;
use super::bundle::EvidenceBundle;
use super::facts::{RecordFacts, settle};
use super::line::Line;
use super::policy::{ReleasePolicy, day};
use super::shape::BundleShape;
use super::text;

/// Whether the release may go, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseDecision {
    /// May the release go?
    pub permitted: bool,
    /// What was shown, or everything that blocks; one line each.
    pub reasons: Vec<String>,
    /// One paragraph that starts with `PERMITTED` or `BLOCKED`.
    pub text: String,
}

impl ReleaseDecision {
    /// `PERMITTED` or `BLOCKED`.
    pub fn word(&self) -> &'static str {
        if self.permitted { "PERMITTED" } else { "BLOCKED" }
    }

    fn blocked(why: &str, reasons: Vec<String>, change: &str) -> Self {
        const SHOWN: usize = 20;
        let mut listed = reasons.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
        if reasons.len() > SHOWN {
            listed = format!("{listed}; and {} more", reasons.len() - SHOWN);
        }
        let text = format!("BLOCKED: {why}: {listed}. Smallest change that would unblock: {change}.");
        Self { permitted: false, reasons, text }
    }

    /// Blocks for a bundle that cannot be read as one. No waiver reaches it.
    pub fn malformed(defects: Vec<String>) -> Self {
        Self::blocked(
            "the bundle is malformed",
            defects,
            "hand in the bundle as the gate wrote it, or run the gate again",
        )
    }
}

/// Decides from lines, and from a record where there is one.
///
/// Without `facts` nothing is known of claims and breaks, and the text says nothing of them; everything
/// else is the same, so that the text can be recomputed from a bundle alone.
pub fn decide(
    shape: &BundleShape,
    lines: &[(String, Line)],
    facts: Option<&RecordFacts>,
    policy: &ReleasePolicy,
    now: Timestamp,
) -> ReleaseDecision {
    let today = day(now);
    let mut objections = policy.objections(facts, now);
    let stray = lines.iter().filter(|(id, _)| shape.drill(id).is_none());
    objections.extend(stray.map(|(id, _)| format!("{id} is no drill of this bundle")));
    let lines = settle(shape, lines, facts);
    let failing = text::reasons(shape, &lines, today);
    let shown = text::shown(shape, &lines);
    if failing.is_empty() && shown.is_empty() {
        objections.push("no drill passed, so nothing was shown".to_owned());
    }
    if !failing.is_empty() || !objections.is_empty() {
        let text = text::blocked(shape, &lines, &objections, today);
        return ReleaseDecision { permitted: false, reasons: [failing, objections].concat(), text };
    }
    let mut paragraph = text::permitted(shape, &lines, today);
    if let Some(facts) = facts {
        paragraph += &text::tail(shape, &lines, facts);
    }
    let waived =
        lines.iter().filter(|(_, line)| *line != Line::Pass).map(|(id, line)| format!("{id}: {line}"));
    let reasons =
        shown.iter().map(|drill| format!("{}: {}", drill.id, drill.habit_with_lesson())).chain(waived);
    ReleaseDecision { permitted: true, reasons: reasons.collect(), text: paragraph }
}

/// Makes the bundle of a run: settles the lines against the record, decides, and writes the text.
///
/// A `pass` that the record does not bear out becomes an `error: …` line, so that the bundle alone shows it.
pub fn seal(
    shape: &BundleShape,
    lines: &[(String, Line)],
    facts: Option<&RecordFacts>,
    policy: &ReleasePolicy,
    now: Timestamp,
) -> (EvidenceBundle, ReleaseDecision) {
    let decision = decide(shape, lines, facts, policy, now);
    let bundle =
        EvidenceBundle { lines: settle(shape, lines, facts), release_decision: decision.text.clone() };
    (bundle, decision)
}

/// Decides again from a finished bundle, whose own text must agree with its lines.
pub fn decide_bundle(
    shape: &BundleShape,
    bundle: &EvidenceBundle,
    facts: Option<&RecordFacts>,
    policy: &ReleasePolicy,
    now: Timestamp,
) -> ReleaseDecision {
    let mut decision = decide(shape, &bundle.lines, facts, policy, now);
    let tampering = disagreements(shape, bundle, now);
    if tampering.is_empty() {
        // The text on file says more than can be recomputed without the record.
        if decision.permitted && facts.is_none() && bundle.release_decision.starts_with(&decision.text) {
            decision.text.clone_from(&bundle.release_decision);
        }
        return decision;
    }
    let mut reasons: Vec<String> = tampering
        .iter()
        .map(|reason| format!("`release_decision` disagrees with its lines: {reason}"))
        .collect();
    if !decision.permitted {
        reasons.append(&mut decision.reasons);
    }
    ReleaseDecision::blocked(
        "the bundle was tampered with",
        reasons,
        "run the gate again, and edit no evidence by hand",
    )
}
