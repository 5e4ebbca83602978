//! The statements of a drill, each once: who ran it as which role, how it ended, how often, how long it took.

use maud::{Markup, html};

use crate::recorder::{Log, StatementRecord};

/// So many different statements are listed on the page; the record has the rest.
const LISTED: usize = 200;
/// So much of one is shown.
const SHOWN: usize = 4_000;

/// The same text by the same role with the same end.
pub(super) struct Group<'l> {
    first: &'l StatementRecord,
    sessions: Vec<&'l str>,
    times: usize,
    rows: (u64, u64),
    took_us: (u64, u64),
}

/// A log's statements, the same ones together.
pub(super) struct Statements<'l> {
    log: &'l Log,
    groups: Vec<Group<'l>>,
    /// For each statement of the log the place of its group.
    of: Vec<usize>,
}

impl<'l> Statements<'l> {
    pub(super) fn of(log: &'l Log) -> Self {
        let mut groups: Vec<Group<'l>> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let mut of = Vec::with_capacity(log.statements.len());
        for statement in &log.statements {
            let key = (statement.sql.as_str(), statement.role.as_str(), statement.sqlstate.as_str());
            let at = *known.entry(key).or_insert_with(|| {
                groups.push(Group::new(statement));
                groups.len() - 1
            });
            groups[at].add(statement);
            of.push(at);
        }
        Self { log, groups, of }
    }

    /// The number under which the table lists a statement, given its place in the log.
    pub(super) fn number(&self, place: usize) -> usize {
        self.of.get(place).map_or(0, |at| at + 1)
    }

    pub(super) fn table(&self) -> Markup {
        let all = self.log.statements.len() as u64 + self.log.statements_omitted;
        let refused = self.log.statements.iter().filter(|statement| statement.sqlstate != "00000").count();
        html! {
            @if all > 0 {
                details {
                    summary { (all) " statements, " (self.groups.len()) " of them different; " (refused) " were refused" }
                    div.inner.wide {
                        table {
                            thead { tr { th.num { "no" } th.num { "ms" } th { "role" } th { "statement" } th { "SQLSTATE" } th.num { "times" } th.num { "rows" } th.num { "µs" } } }
                            tbody { @for (at, group) in self.listed() { (group.row(at + 1)) } }
                        }
                        p.soft {
                            "“ms” is when it was first run, parameters are those of that time. Every single run of it is in the record."
                            @if self.groups.len() > LISTED { " Listed are " (LISTED) ", those that were refused first of all." }
                            @if self.log.statements_omitted > 0 { " The record keeps the first " (self.log.statements.len()) " of " (all) "." }
                        }
                    }
                }
            }
        }
    }

    /// The first so many in order, the refused ones among them for certain.
    fn listed(&self) -> Vec<(usize, &Group<'l>)> {
        let mut listed: Vec<(usize, &Group<'l>)> = self.groups.iter().enumerate().collect();
        listed.sort_by_key(|(at, group)| (group.first.sqlstate == "00000", *at));
        listed.truncate(LISTED);
        listed.sort_by_key(|(at, _)| *at);
        listed
    }
}

impl<'l> Group<'l> {
    fn new(first: &'l StatementRecord) -> Self {
        let least = (u64::MAX, 0);
        Self { first, sessions: Vec::new(), times: 0, rows: least, took_us: least }
    }

    fn add(&mut self, statement: &'l StatementRecord) {
        let widen = |(low, high): (u64, u64), value: u64| (low.min(value), high.max(value));
        self.times += 1;
        self.rows = widen(self.rows, statement.rows);
        self.took_us = widen(self.took_us, statement.took_us);
        if !self.sessions.contains(&statement.session.as_str()) {
            self.sessions.push(&statement.session);
        }
    }

    fn row(&self, number: usize) -> Markup {
        let first = self.first;
        let good = first.sqlstate == "00000";
        html! {
            tr {
                td.num { (number) }
                td.num { (first.at_ms) }
                td { (first.role) br; span.soft { (self.by()) } }
                td {
                    pre { (cut(first.sql.trim())) }
                    @if !first.params.is_empty() {
                        span.soft.mono { @for (at, value) in first.params.iter().enumerate() { "$" (at + 1) "=" (cut(value.as_deref().unwrap_or("NULL"))) " " } }
                    }
                    @if let Some(message) = &first.message { div.bad { (cut(message)) } }
                }
                td.mono.bad[!good] { @if good { "00000" } @else { "✕ " (first.sqlstate) } }
                td.num { (self.times) }
                td.num { (span(self.rows)) }
                td.num { (span(self.took_us)) }
            }
        }
    }

    /// Its sessions, or how many there were.
    fn by(&self) -> String {
        const NAMED: usize = 4;
        let more = self.sessions.len().saturating_sub(NAMED);
        let named = self.sessions[..self.sessions.len().min(NAMED)].join(", ");
        if more == 0 { named } else { format!("{named} and {more} more") }
    }
}

fn span((low, high): (u64, u64)) -> String {
    if low == high { low.to_string() } else { format!("{low}–{high}") }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… ({} bytes; the record has them all)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(session: &str, sql: &str, took_us: u64) -> StatementRecord {
        StatementRecord {
            at_ms: took_us,
            session: session.into(),
            role: "worker".into(),
            sql: sql.into(),
            params: Vec::new(),
            sqlstate: "00000".into(),
            message: None,
            rows: 1,
            took_us,
        }
    }

    #[test]
    fn the_same_statement_stands_once() {
        let sessions = ["A", "B", "C", "D", "E", "A"];
        let mut statements: Vec<_> =
            sessions.iter().zip(10..).map(|(by, us)| statement(by, "CLAIM", us)).collect();
        statements.push(StatementRecord { sqlstate: "55P03".into(), ..statement("A", "CLAIM", 9) });
        statements.push(statement("A", &"x".repeat(SHOWN + 1), 9));
        let log = Log { statements, statements_omitted: 2, ..Log::default() };
        let found = Statements::of(&log);
        assert_eq!([0, 5, 6, 7, 8].map(|place| found.number(place)), [1, 1, 2, 3, 0]);
        let page = found.table().into_string();
        for text in [
            "10 statements, 3 of them different; 1 were refused",
            "A, B, C, D and 1 more",
            "10–15",
            "✕ 55P03",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(page.contains("(4001 bytes; the record has them all)"));
    }
}
