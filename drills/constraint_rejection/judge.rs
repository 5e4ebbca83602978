//! Turns refusals and catalog rows into findings.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sor_gate::session::Outcome;
use sor_gate::subject::RuleKind;
use sor_gate::verdict::Finding;

/// A faulty write by one writer, and its control.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub kind: RuleKind,
    pub writer: String,
    pub by_hand: bool,
    /// The constraint or column that must refuse, where the subject names it.
    pub by: Option<String>,
    pub outcome: Outcome,
    pub control: Outcome,
}

impl Attempt {
    /// Refused with the SQLSTATE of its kind, by an object that the server names.
    fn refused(&self) -> bool {
        self.outcome.refused_with(self.kind.sqlstate())
            && self.refuser().is_some_and(|refuser| self.is_meant(refuser))
    }

    fn is_meant(&self, refuser: &str) -> bool {
        self.by.as_deref().is_none_or(|by| by == refuser)
    }

    /// The constraint or column that refused.
    fn refuser(&self) -> Option<&str> {
        let refusal = self.outcome.refusal()?;
        refusal.constraint.as_deref().or(refusal.column.as_deref())
    }

    fn tell(&self) -> String {
        let hand = if self.by_hand { ", by hand" } else { "" };
        let by = self.refuser().map(|refuser| format!(" by {refuser}")).unwrap_or_default();
        format!("{}{hand}: {}{by}", self.writer, self.outcome)
    }
}

/// The ids that a series of inserts answered.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    pub asked: u32,
    pub answered: Vec<String>,
    /// How many of them are in the table.
    pub found: usize,
    /// `pg_attribute.attidentity`: `a` always, `d` by default, or empty.
    pub identity: String,
}

/// A column as the catalog has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Its type; of a domain, the type below it.
    pub kind: String,
    pub identity: String,
    /// Whether the subject says that it holds money.
    pub money: bool,
}

/// Everything that was seen.
pub struct Seen {
    pub attempts: Vec<Attempt>,
    pub ids: Ids,
    pub money: Vec<Column>,
}

const KINDS: [(&str, RuleKind, &str); 5] = [
    ("duplicate_refused", RuleKind::Duplicate, "duplicate"),
    ("set_refused", RuleKind::Set, "set"),
    ("negative_refused", RuleKind::Negative, "negative"),
    ("orphan_refused", RuleKind::Orphan, "orphan"),
    ("missing_refused", RuleKind::Missing, "missing"),
];

/// The evidence line.
pub fn line(seen: &Seen) -> String {
    let refused = seen.attempts.iter().filter(|attempt| attempt.refused()).count();
    let writers: BTreeSet<&str> = seen.attempts.iter().map(|attempt| attempt.writer.as_str()).collect();
    let codes: BTreeSet<&str> = seen
        .attempts
        .iter()
        .filter_map(|attempt| attempt.outcome.refusal())
        .map(|refusal| refusal.sqlstate.as_str())
        .collect();
    format!(
        "{refused} of {} faulty writes by {} writers were refused ({}). {} ids came back by RETURNING. {} columns with \
         money looked at.",
        seen.attempts.len(),
        writers.len(),
        codes.into_iter().collect::<Vec<_>>().join(", "),
        seen.ids.answered.len(),
        seen.money.iter().filter(|column| column.money).count()
    )
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    let rules = KINDS.iter().map(|(claim, kind, word)| {
        // The Worker's own attempts come first.
        let own = seen.attempts.iter().filter(|attempt| attempt.kind == *kind);
        let worker = seen.attempts.first().map(|attempt| attempt.writer.as_str()).unwrap_or_default();
        let own: Vec<&Attempt> = own.filter(|attempt| attempt.writer == worker && !attempt.by_hand).collect();
        rule(claim, *kind, word, &own)
    });
    let rules: Vec<Finding> = rules.collect();
    let rest = [any_writer(&seen.attempts), generated_ids(&seen.ids), integer_money(&seen.money)];
    rules.into_iter().chain(rest).collect()
}

fn rule(claim: &str, kind: RuleKind, word: &str, own: &[&Attempt]) -> Finding {
    if own.is_empty() {
        return Finding::not_testable(claim, format!("a rule of kind {word} in [[constraints.rules]]"));
    }
    let expected = format!("refused with {}, by a constraint of the table", kind.sqlstate());
    let observed = own.iter().map(|attempt| attempt.tell()).collect::<Vec<_>>().join("; ");
    if let Some(attempt) = own.iter().find(|attempt| attempt.control.refusal().is_some()) {
        let why = format!("the same write without its fault was refused as well: {}", attempt.control);
        return Finding::unproven(claim, expected, why);
    }
    Finding::judge(claim, own.iter().all(|attempt| attempt.refused()), expected, observed)
        .witnessed("the same write without its fault went through on the same connection")
}

fn any_writer(attempts: &[Attempt]) -> Finding {
    let (claim, expected) = ("any_writer", "each writer is refused by the same constraint");
    let writers: BTreeSet<(&str, bool)> =
        attempts.iter().map(|attempt| (attempt.writer.as_str(), attempt.by_hand)).collect();
    if writers.len() < 2 {
        return Finding::unproven(claim, expected, "only one writer was seen");
    }
    if let Some(attempt) = attempts.iter().find(|attempt| attempt.control.refusal().is_some()) {
        let why = format!("{} may not write at all: {}", attempt.writer, attempt.control);
        return Finding::unproven(claim, expected, why);
    }
    let through: Vec<String> =
        attempts.iter().filter(|attempt| !attempt.refused()).map(Attempt::tell).collect();
    let observed = if through.is_empty() {
        format!("{} writes by {} writers, each refused", attempts.len(), writers.len())
    } else {
        format!("not refused: {}", through.join("; "))
    };
    let names = writers
        .iter()
        .map(|(name, hand)| if *hand { format!("{name}, by hand") } else { (*name).to_owned() });
    Finding::judge(claim, through.is_empty(), expected, observed)
        .witnessed(format!("tried as {}", names.collect::<Vec<_>>().join("; ")))
}

fn generated_ids(ids: &Ids) -> Finding {
    let distinct: BTreeSet<&String> = ids.answered.iter().collect();
    let identity = match ids.identity.as_str() {
        "a" => "GENERATED ALWAYS AS IDENTITY",
        "d" => "GENERATED BY DEFAULT AS IDENTITY",
        _ => "no identity column",
    };
    let all = distinct.len() == ids.asked as usize && ids.found == distinct.len();
    let observed = format!(
        "{identity}; {} inserts answered {} different ids, {} of them in the table",
        ids.asked,
        distinct.len(),
        ids.found
    );
    Finding::judge(
        "generated_ids",
        all && !ids.identity.is_empty(),
        "an identity column, and each insert answers its id",
        observed,
    )
    .witnessed(format!("ids {}", ids.answered.join(", ")))
}

fn integer_money(columns: &[Column]) -> Finding {
    let claim = "integer_money";
    let declared: Vec<&Column> = columns.iter().filter(|column| column.money).collect();
    if declared.is_empty() {
        return Finding::not_testable(claim, "the key constraints.money");
    }
    let whole = |kind: &str| ["smallint", "integer", "bigint"].contains(&kind);
    let rough = |kind: &str| ["real", "double precision", "money"].contains(&kind.trim_end_matches("[]"));
    let wrong: Vec<String> = columns
        .iter()
        .filter(|column| rough(&column.kind) || (column.money && !whole(&column.kind)))
        .map(|column| format!("{} is {}", column.name, column.kind))
        .collect();
    let observed = if wrong.is_empty() {
        let kinds = declared.iter().map(|column| format!("{} is {}", column.name, column.kind));
        kinds.collect::<Vec<_>>().join(", ")
    } else {
        wrong.join(", ")
    };
    Finding::judge(claim, wrong.is_empty(), "integer columns, no float and no money", observed)
        .witnessed(format!("{} columns looked at", columns.len()))
}
