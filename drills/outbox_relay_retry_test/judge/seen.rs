//! What was seen of outbox, relays and sink.

use std::fmt;

use jiff::Timestamp;
use sor_gate::fault::FaultKind;
use sor_gate::fault::sink::Delivery;
use sor_gate::fault::sweep::Sweep;

/// One outbox row as the subject presents it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub key: String,
    pub status: String,
    pub attempts: i64,
    pub last_error: String,
    pub next_attempt: Option<Timestamp>,
}

impl Message {
    pub fn tell(&self) -> String {
        format!("{} {} after {} attempt(s)", self.key, self.status, self.attempts)
    }
}

/// The write cut off behind one of its statements.
pub struct Cut {
    pub after: usize,
    pub business: usize,
    pub messages: usize,
}

/// The write cut off everywhere, and once whole: (business rows, outbox rows).
pub struct Atomic {
    pub cuts: Vec<Cut>,
    pub whole: (usize, usize),
}

/// A dedup key twice, and another.
pub struct Unique {
    pub second: String,
    pub other: String,
    pub rows: usize,
    pub others: usize,
}

/// A message after an attempt that met a fault.
pub struct Failed {
    pub key: String,
    pub began: Timestamp,
    pub message: Option<Message>,
}

/// Messages that failed, and what became of them.
pub struct Failures {
    pub failed: Vec<Failed>,
    pub fired: Vec<(FaultKind, String)>,
    pub retried: Vec<Message>,
    pub deliveries: Vec<Delivery>,
}

/// A relay that was killed.
pub struct Kill {
    pub key: String,
    pub landed: bool,
    /// The message must have been sent twice.
    pub redelivers: bool,
    pub witness: String,
}

/// All kills, and the end of their messages.
pub struct Kills {
    pub kills: Vec<Kill>,
    pub messages: Vec<Message>,
    pub deliveries: Vec<Delivery>,
}

/// Where a relay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Its backend waits for a lock.
    Claiming,
    /// The sink keeps its request open.
    Sending,
    /// It has ended.
    Ended,
    /// It runs, and nothing of it is seen.
    Nowhere,
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claiming => "its backend waited in the middle of a claim",
            Self::Sending => "the sink kept its request open",
            Self::Ended => "it came to its end",
            Self::Nowhere => "nothing was seen of it",
        })
    }
}

/// Two relays at once.
pub struct Pair {
    /// Where the first relay stood when the second was started.
    pub first_stands: Stands,
    /// Where the second then came to.
    pub second_stands: Stands,
    /// Requests that the sink kept open.
    pub held: usize,
    /// Relays that ended while it did.
    pub ended_meanwhile: usize,
    pub messages: Vec<Message>,
    pub deliveries: Vec<Delivery>,
    /// The keys in the order of arrival, where the order of queueing is promised.
    pub in_order: Option<Vec<String>>,
}

/// The poison message after a pass, and how long its next attempt lay ahead of the beginning of that pass.
pub struct Attempt {
    pub message: Message,
    pub pause_ms: Option<i64>,
}

/// A message that always fails.
pub struct Poison {
    pub max_attempts: i64,
    /// Whether nothing may overtake it.
    pub in_order: bool,
    pub attempts: Vec<Attempt>,
    /// The other messages after the first pass.
    pub others: Vec<Message>,
    pub sent: usize,
    pub sent_afterwards: usize,
    /// Keys of others that had arrived before the pass in which it was given up.
    pub overtook: Vec<String>,
    /// Keys of others in order of arrival, in the end.
    pub arrived: Vec<String>,
}

/// Everything that was seen.
pub struct Seen {
    pub atomic: Atomic,
    pub failures: Failures,
    pub kills: Kills,
    /// Relays struck at the messages between them and the server.
    pub sweep: Sweep,
    pub pair: Pair,
    pub poison: Poison,
    pub unique: Unique,
}
