//! What the claimers saw.

use sor_gate::interleaving::History;
use sor_gate::session::Refusal;

use super::{Kind, Operation, Tally};

/// How one claim ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It got these rows; one, unless the subject claims in batches.
    Claimed(Vec<String>),
    /// There was nothing to claim.
    Empty,
    /// The server refused it.
    Refused(Refusal),
}

impl Attempt {
    /// The rows that it got.
    pub fn ids(&self) -> &[String] {
        match self {
            Self::Claimed(ids) => ids,
            Self::Empty | Self::Refused(_) => &[],
        }
    }

    /// Whether it got all of these.
    pub fn has_all(&self, ids: &[String]) -> bool {
        ids.iter().all(|id| self.ids().contains(id))
    }

    /// The first row that the other one got as well.
    pub fn shared<'a>(&'a self, other: &Self) -> Option<&'a String> {
        self.ids().iter().find(|id| other.ids().contains(id))
    }

    /// Whether it was refused because it lost a race, and may be made again as it is.
    pub fn lost_a_race(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.lost_a_race())
    }

    pub fn tell(&self) -> String {
        match self {
            Self::Claimed(ids) => ids.join(", "),
            Self::Empty => "nothing".into(),
            Self::Refused(refusal) => refusal.to_string(),
        }
    }
}

/// An unprotected claim in the set-up of the pair.
pub struct Calibration {
    /// What it went without.
    pub without: Protection,
    pub waited: bool,
    pub took: Attempt,
    /// What A held at that moment.
    pub held: Attempt,
}

/// What keeps claims apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// A locking clause: without it the claim waits for A's row.
    Lock,
    /// The isolation of its transaction: without it the claim answers A's row at once.
    Isolation,
}

/// A held, B came.
pub struct Pair {
    pub first: Attempt,
    pub second: Attempt,
    pub waited: bool,
    pub open: bool,
    pub lock_timeout: String,
    pub calibration: Option<Calibration>,
}

/// A fleet ran the queue dry.
pub struct Fleet {
    pub workers: usize,
    /// Rows that were pending at the start.
    pub rows: Vec<String>,
    pub history: Vec<Operation>,
    /// Rows of these that are not done at the end.
    pub left: Vec<String>,
    /// Whether the first claims of all were open at one moment.
    pub held: bool,
}

impl Fleet {
    /// What the checker makes of the history.
    pub fn tally(&self) -> Tally {
        Tally::of(&self.rows, self.workers, &self.history)
    }

    /// Refusals that a Worker saw.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.history.iter().filter_map(|operation| match &operation.kind {
            Kind::Fail(refusal) => Some(refusal),
            _ => None,
        })
    }
}

/// A claimer was killed.
pub struct Dead {
    pub held: Vec<String>,
    /// SIGKILL ended it.
    pub landed: bool,
    /// How it ended.
    pub killed: String,
    pub at_once: Attempt,
    pub later: Attempt,
    /// When the work was back, in seconds after the kill, aged ones among them.
    pub back: Option<f64>,
    pub aged: f64,
    pub took: f64,
    pub bound: f64,
    /// The bound of the policy.
    pub allowed: Option<f64>,
}

/// Everything that was seen.
pub struct Seen {
    pub pair: Pair,
    pub orders: Vec<History>,
    pub fleet: Fleet,
    pub empty: Attempt,
    pub dead: Dead,
    /// Attempts that lost a race and were made again, as the subject declares.
    pub made_again: usize,
    /// Claims hold from their COMMIT on.
    pub at_commit: bool,
}
