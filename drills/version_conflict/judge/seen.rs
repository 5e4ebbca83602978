//! What was seen, as the judge takes it.

use std::time::Duration;

use sor_gate::session::Outcome;

use super::super::door::{Reading, Written};

/// Everything that was seen.
pub struct Seen {
    pub tables: Vec<Table>,
    /// Nothing where the subject has no service.
    pub served: Option<Stale>,
    /// With the check of the version, and without.
    pub editors: (Crowd, Crowd),
    /// Nothing where the subject has no updater.
    pub background: Option<Background>,
}

/// An edit on the current version, and one more on the same.
#[derive(Debug, Clone)]
pub struct Stale {
    pub first: Reading,
    pub control: Written,
    pub between: Reading,
    pub late: Written,
    pub after: Reading,
}

impl Stale {
    /// Whether the late edit left everything as it was.
    pub fn unchanged(&self) -> bool {
        self.after == self.between
    }
}

/// One versioned table.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub stale: Stale,
    /// The change whose statement names no version; the version before it, and the row after it.
    pub forgetful: Outcome,
    pub before: String,
    pub after: Reading,
}

/// Many editors of one row.
#[derive(Debug, Clone)]
pub struct Crowd {
    pub editors: usize,
    /// Whether all had read the same before the first wrote.
    pub same: bool,
    pub conflicts: usize,
    /// Edits that are not in the row in the end.
    pub lost: usize,
    pub failed: Vec<String>,
    pub http: bool,
}

/// The background updater.
#[derive(Debug, Clone)]
pub struct Background {
    /// The least pauses that it declares.
    pub pauses_ms: Vec<u64>,
    /// In conflict at every attempt.
    pub always: Updated,
    /// In conflict at the first.
    pub once: Updated,
}

impl Background {
    /// How many attempts it may make.
    pub fn most(&self) -> usize {
        self.pauses_ms.len() + 1
    }

    /// Whether it paused as long as it declares.
    pub fn paused(&self) -> bool {
        let declared = self.pauses_ms.iter().map(|ms| Duration::from_millis(*ms));
        self.always.pauses.len() == self.pauses_ms.len()
            && self.always.pauses.iter().zip(declared).all(|(seen, declared)| *seen >= declared)
    }
}

/// One run of the updater.
#[derive(Debug, Clone)]
pub struct Updated {
    /// How often it was about to write.
    pub attempts: usize,
    /// From the moment it was let go to the next attempt.
    pub pauses: Vec<Duration>,
    /// Whether it says that it is done; nothing when it did not end.
    pub ended: Option<bool>,
    /// Whether its own text is in the row.
    pub own: bool,
    pub content: String,
}
