//! A drill's row, and what it opens to.

use maud::{Markup, html};

use super::statements::Statements;
use super::{badge, chart, diff, lanes, matrix};
use crate::evidence::{Exhibit, ExhibitKind};
use crate::record::{DrillAbout, Record};
use crate::runner::DrillRecord;
use crate::verdict::{Finding, Verdict};

/// The row. A drill that did not pass stands open.
pub(super) fn row(record: &Record, drill: &DrillRecord) -> Markup {
    let statements = Statements::of(&drill.log);
    let about = record.catalogue.iter().find(|about| about.id == drill.id);
    html! {
        details.drill id=(drill.id) open[drill.verdict != Verdict::Pass] {
            summary {
                (badge(drill.verdict))
                span.id { (drill.id) }
                span.evidence { (drill.evidence) }
                span.num.soft { (drill.duration_ms) " ms" }
            }
            div.inner {
                @if let Some(about) = about {
                    p.soft { "Habit: " (about.habit) " (Lesson " (about.lesson) ")" }
                }
                (claims(about, &drill.findings))
                @for exhibit in &drill.exhibits {
                    (shown(exhibit))
                }
                @for measured in &drill.benchmarks {
                    (chart::benchmark(measured))
                }
                (lanes::timeline(&drill.log.timeline))
                (lanes::sessions(&drill.log, &statements))
                (faults(drill))
                (matrix::tried(drill))
                (statements.table())
            }
        }
    }
}

fn claims(about: Option<&DrillAbout>, findings: &[Finding]) -> Markup {
    let known = |id: &str| about.and_then(|about| about.claims.iter().find(|claim| claim.id == id));
    html! {
        h3 { "Claims" }
        table.claims {
            thead { tr { th { "verdict" } th { "claim" } th { "expected" } th { "observed" } th { "witness" } } }
            tbody {
                @for finding in findings {
                    tr {
                        td { (badge(finding.verdict)) }
                        td {
                            strong { (finding.claim) }
                            @if let Some(claim) = known(&finding.claim) {
                                br; span.soft { (claim.statement) }
                                @if finding.verdict != Verdict::Pass && !claim.remedy.is_empty() {
                                    br; span { "Change: " (claim.remedy) }
                                }
                            }
                            @if let Some(cause) = &finding.follows { br; span.soft { "follows from " (cause) } }
                        }
                        td data-name="expected" { (finding.expected) }
                        td data-name="observed" { (finding.observed) }
                        td data-name="witness" { @if !finding.witness.is_empty() { ul { @for witness in &finding.witness { li { (witness) } } } } }
                    }
                }
            }
        }
    }
}

fn shown(exhibit: &Exhibit) -> Markup {
    html! {
        h3 { (exhibit.title) }
        @match exhibit.kind {
            ExhibitKind::Diff => (diff::side_by_side(&exhibit.body)),
            ExhibitKind::Text | ExhibitKind::Json => div.wide { pre { (exhibit.body) } },
        }
    }
}

fn faults(drill: &DrillRecord) -> Markup {
    html! {
        @if !drill.log.faults.is_empty() {
            h3 { "Faults that fired" }
            table {
                thead { tr { th { "when" } th { "fault" } th { "proof" } } }
                tbody {
                    @for fault in &drill.log.faults {
                        tr { td.mono { (fault.at.to_string()) } td { (format!("{:?}", fault.kind)) } td { (fault.detail) } }
                    }
                }
            }
        }
    }
}
