//! What the claimers saw.

use sor_gate::interleaving::History;
use sor_gate::session::Refusal;

use super::{Kind, Operation, Tally};

/// How one claim ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It got a row.
    Claimed(String),
    /// There was nothing to claim.
    Empty,
    /// The server refused it.
    Refused(Refusal),
}

impl Attempt {
    pub fn tell(&self) -> String {
        match self {
            Self::Claimed(id) => id.clone(),
            Self::Empty => "nothing".into(),
            Self::Refused(refusal) => refusal.to_string(),
        }
    }
}

/// An unprotected claim in the set-up of the pair.
pub struct Calibration {
    pub waited: bool,
    pub took: Attempt,
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
    pub held: Option<String>,
    /// SIGKILL ended it.
    pub landed: bool,
    /// How it ended.
    pub killed: String,
    pub at_once: Attempt,
    pub later: Attempt,
    pub aged: f64,
    pub took: f64,
    pub bound: f64,
}

/// Everything that was seen.
pub struct Seen {
    pub pair: Pair,
    pub orders: Vec<History>,
    pub fleet: Fleet,
    pub empty: Attempt,
    pub dead: Dead,
}
