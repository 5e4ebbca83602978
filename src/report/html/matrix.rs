//! The breaks that each drill was seen to fail under.

use maud::{Markup, html};

use crate::record::Record;
use crate::runner::{DrillRecord, Proof};

/// All drills with their breaks.
pub(super) fn matrix(record: &Record) -> Markup {
    html! {
        h2 { "Seen to fail" }
        p.soft { "Each drill was run again on a sabotaged subject. Only " strong { "caught" } " is good: exactly the claim that had to notice turned red." }
        div.wide {
            table {
                thead { tr { th { "drill" } th { "break" } th { "claim that must notice" } th { "proof" } th { "turned red" } } }
                tbody {
                    @for drill in &record.drills {
                        @if drill.breaks.is_empty() { tr { td { (drill.id) } td.bad colspan="4" { "✕ no break was tried" } } }
                        @for tried in &drill.breaks {
                            tr {
                                td { a href=(format!("#{}", drill.id)) { (drill.id) } }
                                td { (tried.id) br; span.soft { (tried.summary) } }
                                td { (tried.claim) }
                                td { (proof(tried.proof)) }
                                td { (if tried.red.is_empty() { "nothing".to_owned() } else { tried.red.join(", ") }) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What one drill noticed under each break.
pub(super) fn tried(drill: &DrillRecord) -> Markup {
    html! {
        @if !drill.breaks.is_empty() {
            h3 { "Breaks" }
            div.wide { table {
                thead { tr { th { "proof" } th { "break" } th { "what was changed" } th { "what the claim observed" } th.num { "ms" } } }
                tbody {
                    @for tried in &drill.breaks {
                        tr { td { (proof(tried.proof)) } td { (tried.id) } td { (tried.applied) } td { (tried.claim) ": " (tried.observed) } td.num { (tried.duration_ms) } }
                    }
                }
            } }
        }
    }
}

fn proof(proof: Proof) -> Markup {
    let (class, word) = match proof {
        Proof::Caught => ("good", "✓ caught"),
        Proof::Missed => ("bad", "✕ MISSED"),
        Proof::Unviable => ("warn", "– unviable"),
        Proof::Timeout => ("bad", "✕ timeout"),
    };
    html! { span.(class) { (word) } }
}
