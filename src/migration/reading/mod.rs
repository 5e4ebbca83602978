//! What a script's text alone tells. Read with a real parser for SQL and PL/pgSQL; never by pattern.
//!
//! Bodies of DO blocks, functions and procedures are read too, and so is the text that `EXECUTE` runs, as far as it
//! is constant. Whatever cannot be read is reported as such and counts against the script: what nobody can read,
//! nobody has reviewed.

#[cfg(test)]
mod tests;

mod constant;
mod destructive;
mod hazards;
mod names;
mod overrides;
mod running;
mod substance;
mod touched;
mod walk;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Script;
pub use destructive::Action;
pub use overrides::Override;
pub use running::{Running, statements, wants_no_transaction};
pub use touched::Touched;

/// Something that needs an override before it may go up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Danger {
    /// What it would do.
    pub action: Action,
    /// To which object, as the script names it.
    pub object: String,
    /// 1-based line in the file.
    pub line: u32,
    /// Where it hides: `a DO block`, `the body of purge()`, `EXECUTE in a DO block`.
    pub within: Option<String>,
    /// The beginning of the statement, or why it cannot be read.
    pub text: String,
    /// The override that allows it.
    pub allowed: Option<Override>,
}

/// A hazard that squawk's linter sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hazard {
    /// squawk's name for the rule: `changing-column-type`.
    pub rule: String,
    /// Whether the rule is about locks held while others wait.
    pub locks: bool,
    /// What it says.
    pub message: String,
    /// 1-based line in the file.
    pub line: u32,
}

/// All that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// Statements that do something, a short text each; comments, `SELECT 1`, `BEGIN` and the like are none.
    pub deeds: Vec<String>,
    /// What it would destroy, and what cannot be read.
    pub dangers: Vec<Danger>,
    /// The objects that its statements name.
    pub touched: Vec<Touched>,
    /// Functions and procedures that it calls, by name parts, those that it makes itself included.
    pub calls: Vec<Vec<String>>,
    /// Overrides in its comments.
    pub overrides: Vec<Override>,
    /// How it wants to be run.
    pub running: Running,
    /// What the linter says.
    pub hazards: Vec<Hazard>,
}

impl Reading {
    /// Reads a script. Never fails: what cannot be parsed becomes a danger.
    pub fn of(script: &Script) -> Self {
        let mut reading = Self::default();
        walk::script(&script.text, &mut reading);
        reading.overrides = overrides::find(&script.text);
        for danger in &mut reading.dangers {
            danger.allowed = reading.overrides.iter().find(|allow| allow.covers(danger)).cloned();
        }
        reading.running = running::of(script);
        reading.hazards = hazards::lint(script);
        reading
    }

    /// How a script wants to be run, without reading the rest.
    pub fn running_of(script: &Script) -> Running {
        running::of(script)
    }

    /// Whether it does anything at all.
    pub fn does_something(&self) -> bool {
        !self.deeds.is_empty()
    }

    /// The dangers that no override allows.
    pub fn unguarded(&self) -> impl Iterator<Item = &Danger> {
        self.dangers.iter().filter(|danger| danger.allowed.is_none())
    }

    /// The overrides that no danger needs: worth a word, as they may hide a misspelt name.
    pub fn idle_overrides(&self) -> impl Iterator<Item = &Override> {
        self.overrides.iter().filter(|allow| !self.dangers.iter().any(|danger| allow.covers(danger)))
    }
}
