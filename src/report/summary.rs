//! `summary.md`: what a CI step shows of a run.

use std::fmt::Write as _;

use super::markdown::escaped;
use crate::record::Record;
use crate::release::{EvidenceBundle, one_line};
use crate::runner::Proof;
use crate::verdict::Verdict;

/// The decision, a row a drill, and what failed.
pub fn report(record: &Record, bundles: &[EvidenceBundle]) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(out, "## sor-gate: {} ({})\n", record.decision, escaped(&record.title()));
    for bundle in bundles {
        let _ = writeln!(out, "{}\n", escaped(&bundle.release_decision));
    }
    let _ = writeln!(out, "| drill | verdict | evidence | ms | seen to fail |\n|---|---|---|--:|---|");
    for drill in &record.drills {
        let caught = drill.breaks.iter().filter(|tried| tried.proof == Proof::Caught).count();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {caught} of {} |",
            drill.id,
            word(drill.verdict),
            cell(&drill.evidence),
            drill.duration_ms,
            drill.breaks.len()
        );
    }
    for drill in record.drills.iter().filter(|drill| drill.verdict != Verdict::Pass) {
        for finding in drill.findings.iter().filter(|finding| finding.verdict != Verdict::Pass) {
            let _ = write!(
                out,
                "\n**{}.{}** ({}): expected {}, observed {}\n",
                drill.id,
                finding.claim,
                word(finding.verdict),
                escaped(&one_line(&finding.expected)),
                escaped(&one_line(&finding.observed))
            );
        }
    }
    let _ = write!(
        out,
        "\nRun {}, Postgres {}, seed {}.\n",
        record.run_id, record.postgres.identity.version, record.plan.seed
    );
    out
}

fn cell(text: &str) -> String {
    escaped(&one_line(text)).replace('|', "\\|")
}

/// A verdict in a word that needs no colour.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Error => "could not tell",
        Verdict::NotTestable => "not testable",
    }
}
