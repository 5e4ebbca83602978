//! Turns what the reading and the trial saw into findings.

mod reading;
mod running;
#[cfg(test)]
mod tests;

use sor_gate::catalog::{Snapshot, unified};
use sor_gate::subject::Migration;
use sor_gate::verdict::Finding;

use super::read::Review;
use super::scope::Scope;
use super::trial::Trial;
use reading::{both_directions, drop_guard, scope};
use running::{applies, lock_safe, preserves_data, repeats, reverses};

/// Everything that was seen.
pub struct Seen<'a> {
    pub binding: &'a Migration,
    pub review: Review,
    pub trial: Trial,
    /// Why it need not be taken back, if that is declared.
    pub irreversible: Option<String>,
    /// Longest time in milliseconds that it may keep others waiting.
    pub lock_wait_ms: u64,
    /// What may be touched.
    pub scope: Scope,
    /// The same in words.
    pub scope_told: String,
}

impl Seen<'_> {
    /// The catalog after the downgrade against the one before, as a unified diff.
    pub fn leftovers(&self) -> String {
        between(&self.trial.before, &self.trial.after_down)
    }

    /// What the upgrade changed, as a unified diff.
    pub fn upgrade(&self) -> String {
        between(&self.trial.before, &self.trial.after_up)
    }

    fn refused(&self) -> Option<String> {
        match &self.trial.up {
            Some(Err(refusal)) => Some(format!("the upgrade was refused with {refusal}")),
            Some(Ok(_)) => None,
            None => Some("the upgrade was not tried".into()),
        }
    }
}

fn between(before: &Option<Snapshot>, after: &Option<Snapshot>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => unified(before, after),
        _ => String::new(),
    }
}

/// One finding a claim.
pub fn judge(seen: &Seen<'_>) -> Vec<Finding> {
    vec![
        both_directions(seen),
        drop_guard(&seen.review),
        scope(seen),
        applies(seen),
        reverses(seen),
        repeats(seen),
        preserves_data(seen),
        lock_safe(seen),
    ]
}
