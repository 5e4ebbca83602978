//! What was seen of the calls.

use sor_gate::fault::sweep::Sweep;
use sor_gate::session::{Refusal, Row};

/// What a write answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A row: column names and values.
    Row(Vec<String>, Row),
    /// No row.
    Nothing,
    /// A refusal.
    Refused(Refusal),
}

impl Answer {
    /// A value of the answered row.
    pub fn cell(&self, column: &str) -> Option<&str> {
        let Self::Row(names, row) = self else { return None };
        row.cells[names.iter().position(|name| name == column)?].as_deref()
    }

    /// The first value of the answered row: by convention the id. Two calls are answered alike if it is equal.
    pub fn id(&self) -> Option<&str> {
        let Self::Row(_, row) = self else { return None };
        row.cells.first()?.as_deref()
    }

    /// Nothing was refused.
    pub fn landed(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// The answer in words.
    pub fn tell(&self) -> String {
        match self {
            Self::Row(..) => format!("id {}", self.id().unwrap_or("NULL")),
            Self::Nothing => "no row".into(),
            Self::Refused(refusal) => refusal.to_string(),
        }
    }
}

/// The same key twice.
pub struct Twice {
    pub first: Answer,
    pub second: Answer,
    pub added: i64,
}

/// The same key from many sessions.
pub struct AtOnce {
    pub answers: Vec<Answer>,
    pub waited: i64,
    pub added: i64,
}

impl AtOnce {
    /// How many sessions were refused.
    pub fn errors(&self) -> usize {
        self.answers.iter().filter(|answer| !answer.landed()).count()
    }
}

/// A write whose COMMIT was done and never confirmed, and its retry.
pub struct LostReply {
    pub fault: Option<String>,
    pub landed: usize,
    pub retry: Answer,
    pub added: i64,
}

/// A second key after a first.
pub struct OtherKey {
    pub landed: usize,
    pub answer: Answer,
    pub added: i64,
}

/// The same key with another payload.
pub struct Conflict {
    pub first: Answer,
    pub second: Answer,
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub told: bool,
}

/// One key, two tenants.
pub struct Tenants {
    pub first: Answer,
    pub second: Answer,
    pub rows: usize,
}

/// No key at all.
pub struct Keyless {
    pub answer: Answer,
    pub control: Answer,
    pub added: i64,
}

/// Everything that was seen.
pub struct Seen {
    pub serial: Twice,
    pub concurrent: AtOnce,
    pub calibration: i64,
    pub lost: LostReply,
    /// Writes cut off everywhere else.
    pub sweep: Sweep,
    pub other: OtherKey,
    pub conflict: Conflict,
    pub tenants: Tenants,
    pub keyless: Keyless,
}
