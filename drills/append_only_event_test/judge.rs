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

/// Everything that was seen.
pub struct Seen {
    pub worker: String,
    pub held: Vec<HeldRole>,
    pub guard: Guard,
    pub append: Append,
    /// `None` when nothing could be appended that might be attacked.
    pub attacks: Option<Attacks>,
    /// The missing keys, or what was rebuilt.
    pub replay: Result<Replay, &'static str>,
    /// The missing keys, or what the followers saw; `None` when nothing could be appended.
    pub gap: Result<Option<Gap>, &'static str>,
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    let mut findings = vec![guard::insert_allowed(&seen.append)];
    match &seen.attacks {
        Some(attacks) => {
            let control = &attacks.control;
            findings.extend([
                guard::refused("update_refused", &attacks.updates, &seen.guard, control),
                guard::refused("delete_refused", &attacks.deletes, &seen.guard, control),
                guard::refused("truncate_refused", &attacks.truncates, &seen.guard, control),
                guard::upsert_merge_refused(&attacks.around, &seen.guard, control),
                guard::not_owner(&attacks.usurpations, &seen.guard, &seen.held, control),
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

#[cfg(test)]
mod tests;
