//! The statements of a drill: role, text, parameters, how each ended.

use maud::{Markup, html};

use crate::recorder::{Log, StatementRecord};

/// So many statements are listed on the page; the record has the rest.
const LISTED: usize = 400;

pub(super) fn table(log: &Log) -> Markup {
    let all = log.statements.len() as u64 + log.statements_omitted;
    let refused = log.statements.iter().filter(|statement| statement.sqlstate != "00000").count();
    html! {
        @if !log.statements.is_empty() {
            details {
                summary { (all) " statements, " (refused) " of them refused" }
                div.inner.wide {
                    table {
                        thead { tr { th.num { "ms" } th { "session" } th { "role" } th { "statement" } th { "SQLSTATE" } th.num { "rows" } th.num { "µs" } } }
                        tbody { @for statement in chosen(&log.statements) { (row(statement)) } }
                    }
                    @if all > LISTED as u64 {
                        p.soft { "Listed are " (LISTED.min(log.statements.len())) ", those that were refused first of all; the record has " (log.statements.len()) "." }
                    }
                }
            }
        }
    }
}

/// The first so many in order, the refused ones among them for certain.
fn chosen(statements: &[StatementRecord]) -> Vec<&StatementRecord> {
    let mut chosen: Vec<(usize, &StatementRecord)> = statements.iter().enumerate().collect();
    chosen.sort_by_key(|(at, statement)| (statement.sqlstate == "00000", *at));
    chosen.truncate(LISTED);
    chosen.sort_by_key(|(at, _)| *at);
    chosen.into_iter().map(|(_, statement)| statement).collect()
}

fn row(statement: &StatementRecord) -> Markup {
    let good = statement.sqlstate == "00000";
    html! {
        tr {
            td.num { (statement.at_ms) }
            td { (statement.session) }
            td { (statement.role) }
            td {
                pre { (statement.sql.trim()) }
                @if !statement.params.is_empty() {
                    span.soft.mono { @for (at, value) in statement.params.iter().enumerate() { "$" (at + 1) "=" (value.as_deref().unwrap_or("NULL")) " " } }
                }
                @if let Some(message) = &statement.message { div.bad { (message) } }
            }
            td.mono.bad[!good] { @if good { "00000" } @else { "✕ " (statement.sqlstate) } }
            td.num { (statement.rows) }
            td.num { (statement.took_us) }
        }
    }
}
