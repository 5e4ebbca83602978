//! `report.html`: one page without network, for people.

mod chart;
mod diff;
mod drill;
mod lanes;
mod matrix;
mod statements;
mod surroundings;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::record::{Record, SuiteRecord};
use crate::release::EvidenceBundle;
use crate::verdict::Verdict;

/// The page: decision first, a row a drill, the breaks, the surroundings.
pub fn page(record: &Record, bundles: &[EvidenceBundle]) -> String {
    let passed = record.drills.iter().filter(|drill| drill.verdict == Verdict::Pass).count();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (record.decision) ": " (record.title()) ", run " (record.run_id) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                header {
                    h1 { "sor-gate: " (record.title()) }
                    @if let [subject] = record.subjects.as_slice() { p.soft { (subject.title) } }
                    p.soft {
                        "Run " span.mono { (record.run_id) } ", " (moment(record.finished_at)) ", Postgres "
                        (record.postgres.identity.version) ", seed " span.mono { (record.plan.seed) }
                    }
                }
                main {
                    @for (suite, bundle) in record.suites.iter().zip(bundles) {
                        (decision(suite, &bundle.release_decision, record.suites.len() > 1))
                    }
                    h2 { "Drills: " (passed) " of " (record.drills.len()) " passed" }
                    (drills(record))
                    (matrix::matrix(record))
                    (surroundings::surroundings(record))
                }
                footer.soft {
                    p { "Made by " (record.tool.name) " " (record.tool.version) " from the record beside it, " span.mono { "record.json" } "." }
                }
                script { (PreEscaped(include_str!("page.js"))) }
            }
        }
    };
    page.into_string()
}

/// A row a drill; where there are several suites, those of each below its name.
fn drills(record: &Record) -> Markup {
    let of = |suite: &SuiteRecord, id: &str| suite.drills.iter().any(|end| end.id == id);
    let suites = if record.suites.len() > 1 { record.suites.as_slice() } else { &[] };
    html! {
        @for suite in suites {
            @let ends = suite.drills.iter().filter(|end| end.verdict == Verdict::Pass);
            h3 { (suite.suite.name()) ": " (ends.count()) " of " (suite.drills.len()) }
            @for drill in record.drills.iter().filter(|drill| of(suite, &drill.id)) { (drill::row(record, drill)) }
        }
        @for drill in record.drills.iter().filter(|drill| !suites.iter().any(|suite| of(suite, &drill.id))) {
            (drill::row(record, drill))
        }
    }
}

/// What was decided on a suite, which is named where there are several.
fn decision(suite: &SuiteRecord, text: &str, named: bool) -> Markup {
    let permitted = suite.decision == "PERMITTED";
    let rest = text.strip_prefix(&suite.decision).unwrap_or(text).trim_start_matches(':').trim();
    html! {
        section.decision.(if permitted { "good" } else { "bad" }) aria-label="Release decision" {
            div.word {
                (if permitted { "✓ " } else { "✕ " }) (suite.decision)
                @if named { " (" (suite.suite.name()) ")" }
            }
            p { (rest) }
        }
    }
}

/// A verdict in sign, word and colour, so that no one of them is needed.
fn badge(verdict: Verdict) -> Markup {
    let (class, text) = match verdict {
        Verdict::Pass => ("good", "✓ pass"),
        Verdict::Fail => ("bad", "✕ FAIL"),
        Verdict::Error => ("bad", "? unproven"),
        Verdict::NotTestable => ("warn", "– not testable"),
    };
    html! { span.badge.(class) { (text) } }
}

fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::Suite;

    #[test]
    fn each_suite_has_its_rows_below_its_name() {
        let text = include_str!("../../../evidence/example/record.json");
        let mut record: Record = serde_json::from_str(text).unwrap();
        let alone = page(&record, &[]);
        let mut other = record.suites[0].clone();
        other.suite = Suite::DataIntegrity;
        other.drills = record.suites[0].drills.split_off(6);
        record.suites.push(other);
        let both = page(&record, &[]);
        for page in [&alone, &both] {
            assert_eq!(page.matches("<details class=\"drill\"").count(), 9);
        }
        let at = |part: &str| both.find(part).unwrap_or_else(|| panic!("no {part}"));
        // The seventh of nine is the first of the second suite.
        let order =
            ["system-of-record: 6 of 6", "id=\"append_only", "data-integrity: 3 of 3", "id=\"rls_identity"]
                .map(at);
        assert!(order.is_sorted(), "{order:?}");
        assert!(!alone.contains("system-of-record: "), "one suite needs no name");
    }
}
