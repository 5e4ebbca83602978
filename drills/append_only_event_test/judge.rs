//! Turns what became of the events into findings.

mod guard;
mod history;

use sor_gate::standing::HeldRole;
use sor_gate::verdict::Finding;

pub use guard::{Append, Around, Attempt, Guard};
pub use history::{Gap, Replay, Told};

/// What the attacks came to.
pub struct Attacks {
    pub updates: Vec<Attempt>,
    pub deletes: Vec<Attempt>,
    pub truncates: Vec<Attempt>,
    pub around: Around,
    pub usurpations: Vec<Attempt>,
    /// An append on the same connection, after all of them.
    pub control: Append,
}

/// What became of one table.
pub struct Table {
    pub guard: Guard,
    pub append: Append,
    /// `None` when nothing could be appended that might be attacked.
    pub attacks: Option<Attacks>,
}

/// Everything that was seen.
pub struct Seen {
    pub worker: String,
    pub held: Vec<HeldRole>,
    /// At least one.
    pub tables: Vec<Table>,
    /// The missing keys, or what was rebuilt.
    pub replay: Result<Replay, &'static str>,
    /// The missing keys, or what the followers saw; `None` when nothing could be appended.
    pub gap: Result<Option<Gap>, &'static str>,
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for table in &seen.tables {
        for (at, one) in of_table(table, &seen.held).into_iter().enumerate() {
            let one = if seen.tables.len() > 1 { named(&table.guard.table, one) } else { one };
            match findings.get_mut(at) {
                Some(so_far) => *so_far = both(so_far.clone(), one),
                None => findings.push(one),
            }
        }
    }
    findings.push(match &seen.replay {
        Ok(replay) => history::replay(replay),
        Err(wanted) => Finding::not_testable("replay", *wanted),
    });
    findings.push(match &seen.gap {
        Ok(gap) => history::commit_order_gap(gap.as_ref()),
        Err(wanted) => Finding::not_testable("commit_order_gap", *wanted),
    });
    findings
}

/// A finding that says of which table it is.
fn named(table: &str, finding: Finding) -> Finding {
    let of = |text: &String| format!("{table}: {text}");
    Finding { observed: of(&finding.observed), witness: finding.witness.iter().map(of).collect(), ..finding }
}

/// What a claim came to on one table and on another: the worse, with what was seen of both.
fn both(one: Finding, other: Finding) -> Finding {
    let observed = format!("{}; {}", one.observed, other.observed);
    let witness = [one.witness.clone(), other.witness.clone()].concat();
    let worse = if other.verdict > one.verdict { other } else { one };
    Finding { observed, witness, ..worse }
}

/// The claims about one table.
fn of_table(table: &Table, held: &[HeldRole]) -> Vec<Finding> {
    let Table { guard, append, attacks } = table;
    let mut findings = vec![guard::insert_allowed(append)];
    match attacks {
        Some(attacks) => {
            let control = &attacks.control;
            findings.extend([
                guard::refused("update_refused", &attacks.updates, guard, control),
                guard::refused("delete_refused", &attacks.deletes, guard, control),
                guard::refused("truncate_refused", &attacks.truncates, guard, control),
                guard::upsert_merge_refused(&attacks.around, guard, control),
                guard::not_owner(&attacks.usurpations, guard, held, control),
            ]);
        }
        None => {
            for claim in
                ["update_refused", "delete_refused", "truncate_refused", "upsert_merge_refused", "not_owner"]
            {
                findings.push(Finding::unproven(
                    claim,
                    guard::EXPECTED,
                    "no event could be appended to be attacked",
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
