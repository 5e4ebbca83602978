//! What was seen of the calls.

use sor_gate::fault::sweep::Sweep;
use sor_gate::session::{Refusal, Row};
use sor_gate::subject::End;

/// What a write answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A row: column names and values.
    Row(Vec<String>, Row),
    /// No row.
    Nothing,
    /// A refusal.
    Refused(Refusal),
    /// A program that ended badly.
    Ended(String),
    /// A program that did not end, or ended without its answer: what it did cannot be told from that.
    Unclear(String),
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
        !matches!(self, Self::Refused(_) | Self::Ended(_) | Self::Unclear(_))
    }

    /// The answer in words.
    pub fn tell(&self) -> String {
        match self {
            Self::Row(..) => format!("id {}", self.id().unwrap_or("NULL")),
            Self::Nothing => "no row".into(),
            Self::Refused(refusal) => refusal.to_string(),
            Self::Ended(how) | Self::Unclear(how) => how.clone(),
        }
    }
}

/// The same key twice.
pub struct Twice {
    pub first: Answer,
    pub second: Answer,
    pub added: i64,
}

/// The same key once more, after the work of its first write had ended.
pub struct AfterEnd {
    pub end: End,
    /// Whether the subject lets the key be used again then.
    pub free: bool,
    /// Whether the end was seen in the row.
    pub ended: bool,
    pub first: Answer,
    pub again: Answer,
    pub added: i64,
}

impl AfterEnd {
    /// Whether the key held, or was free, as declared.
    pub fn holds(&self) -> bool {
        let alike = self.end == End::Removed || self.again.id() == self.first.id();
        self.again.landed() && if self.free { self.added == 1 } else { self.added == 0 && alike }
    }

    pub fn tell(&self) -> String {
        let end = match self.end {
            End::Finished => "finished",
            End::Removed => "removed",
        };
        let wanted =
            if self.free { "+1, since the key is free then" } else { "+0, since the key still holds" };
        format!(
            "after it was {end} delta +{}, answered {} (declared: {wanted})",
            self.added,
            self.again.tell()
        )
    }
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
    /// Empty where the subject does not say how long a key holds.
    pub after_end: Vec<AfterEnd>,
    pub concurrent: AtOnce,
    pub calibration: i64,
    pub lost: LostReply,
    /// Writes cut off everywhere else.
    pub sweep: Sweep,
    pub other: OtherKey,
    pub conflict: Conflict,
    /// None of a system without tenants.
    pub tenants: Option<Tenants>,
    /// None of a program, which cannot be given a key that is NULL.
    pub keyless: Option<Keyless>,
}
