//! Everything that was seen of the runs.

use sor_gate::fault::sweep::Sweep;

use super::super::observed::{Ended, Kill, Outcome, RunState};
use super::super::repeats::Repeats;

/// A run whose Worker was killed once.
pub struct Crashed {
    pub kill: Kill,
    pub end: Outcome,
    /// Seconds from the kill to the end of the Worker that took the run up, without what the drill itself waited for.
    pub took: f64,
}

/// A run for which two Workers were started at once after the kill.
pub struct TwoResumers {
    pub kill: Kill,
    /// How many of the two stood in mid-turn at the same time.
    pub at_work: usize,
    /// Those that ended meanwhile.
    pub left: Vec<Ended>,
    /// Those that did not, and were told to stop when the run was over.
    pub stopped: Vec<Ended>,
    pub end: Outcome,
}

/// A run whose second Worker was killed too.
pub struct CrashedTwice {
    pub first: Kill,
    pub second: Kill,
    pub end: Outcome,
}

/// A Worker that was frozen, lost its run and woke up.
#[derive(Default)]
pub struct Zombie {
    /// It was frozen with a turn open.
    pub frozen: bool,
    pub at_freeze: RunState,
    /// The run when the other Worker had finished it.
    pub before: Outcome,
    /// The run when the zombie had ended.
    pub after: Outcome,
    /// Messages between the zombie and Postgres after it woke up.
    pub sent: u64,
}

/// Everything that was seen.
pub struct Seen {
    pub sweep: Sweep,
    /// The run of the sweep that nothing struck.
    pub unstruck: Outcome,
    pub zombie: Zombie,
    pub turns: i64,
    pub held_exit_codes: Vec<i32>,
    /// The run that nobody killed.
    pub control: Outcome,
    pub crashed: Crashed,
    pub two: TwoResumers,
    pub twice: CrashedTwice,
    /// Within how many seconds the policy wants a crashed run to be complete.
    pub resume_s: Option<u32>,
    /// What the subject promises at least once.
    pub repeats: Repeats,
}
