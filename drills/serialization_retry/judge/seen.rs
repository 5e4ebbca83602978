//! What was seen, as the judge takes it.

use super::super::yard::{BONUS, RIVAL};
use super::attempts::Attempt;

/// Everything that was seen: of the transaction as it is, and of the same without isolation.
pub struct Seen {
    /// What the other writer is called.
    pub rival: String,
    pub decimals: u8,
    pub forced: (Forced, Forced),
    /// Nothing where the transaction locks what it reads: then many of them stand one behind the other.
    pub crowd: Option<(Crowd, Crowd)>,
}

impl Seen {
    /// An amount with its point.
    pub fn money(&self, amount: i64) -> String {
        let (sign, digits) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs().to_string());
        let behind = usize::from(self.decimals);
        let padded = format!("{digits:0>width$}", width = behind + 1);
        let (whole, part) = padded.split_at(padded.len() - behind);
        if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
    }
}

/// What became of the hold between read and write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Held, and the other writer committed meanwhile.
    Overtaken,
    /// Held, and the other writer had to wait for it.
    Blocking,
    /// It never came to write.
    Never,
}

/// One forced conflict.
#[derive(Debug, Clone)]
pub struct Forced {
    pub held: Held,
    /// What is on the account: at first, when the other writer is done, and in the end.
    pub before: i64,
    pub between: i64,
    pub after: i64,
    pub attempts: Vec<Attempt>,
    /// Why the transaction says that it has not committed, if it says so.
    pub gave_up: Option<String>,
}

impl Forced {
    pub fn expected(&self) -> i64 {
        self.before + RIVAL + BONUS
    }

    pub fn lost(&self) -> i64 {
        self.expected() - self.after
    }
}

/// Many writers of one account.
#[derive(Debug, Clone)]
pub struct Crowd {
    pub writers: usize,
    /// How many had read when the first wrote.
    pub held: usize,
    pub before: i64,
    pub after: i64,
    /// Sum of what was booked, where the subject writes that down.
    pub entries: Option<i64>,
    /// Why writers say that they have not committed.
    pub gave_up: Vec<String>,
    pub attempts: Vec<Attempt>,
}

impl Crowd {
    pub fn expected(&self) -> i64 {
        self.before + RIVAL + BONUS * i64::try_from(self.writers).unwrap_or(i64::MAX / BONUS)
    }

    pub fn lost(&self) -> i64 {
        self.expected() - self.after
    }
}
