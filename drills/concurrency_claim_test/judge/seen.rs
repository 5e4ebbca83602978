//! What the claimers saw.

use sor_gate::interleaving::History;
use sor_gate::session::Refusal;

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
    pub rows: Vec<String>,
    pub histories: Vec<Vec<Attempt>>,
    pub left: Vec<String>,
    pub held: bool,
}

/// A claimer was killed.
pub struct Dead {
    pub held: Option<String>,
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
