//! What the parts of the drill saw.

use super::super::http::Answer;

/// A read of what the cache did not have.
pub struct Filled {
    /// The entry was not there before.
    pub cold: bool,
    pub right: bool,
    pub answer: Answer,
    pub loads: usize,
    /// How long the entry will live; -1 for ever, -2 not there.
    pub lives_ms: i64,
}

/// Reads of what the cache has.
pub struct Hit {
    pub reads: usize,
    pub right: usize,
    pub loads: usize,
    /// Commands about the entry that reached the cache.
    pub asked: usize,
}

/// A write to what the cache has.
pub struct Written {
    /// The entry was there before.
    pub cached: bool,
    pub answer: Answer,
    /// The database holds the new value.
    pub stored: bool,
    /// The entry is still the same.
    pub old_entry: bool,
    pub right: bool,
    pub read: Answer,
}

/// A load that failed.
pub struct Failed {
    pub answer: Answer,
    pub sqlstate: Option<String>,
    /// Something was left in the cache.
    pub cached: bool,
    /// The next read was right.
    pub right: bool,
    pub then: Answer,
}

/// A load that found nothing.
pub struct Missing {
    pub answer: Answer,
    pub loads: usize,
    /// The status that says so.
    pub wanted: u16,
}

/// A write that overtakes a fill.
pub struct Race {
    /// The proof that the loaded row was held back.
    pub held: Option<String>,
    /// The old value was seen in the cache before.
    pub old_known: bool,
    /// What the overtaken reader was told.
    pub late: Answer,
    pub written: Answer,
    pub stored: bool,
    pub reads: Vec<Answer>,
    /// How many of those were told the old value, or none.
    pub stale: usize,
}

/// The race as the service fills, and with a fill that heeds nothing.
pub struct Slow {
    pub own: Race,
    pub unguarded: Race,
}

/// Reads and a write without the cache.
pub struct Without {
    /// How many of the two reads were right.
    pub right: usize,
    pub read: Answer,
    pub written: Answer,
    pub after: Answer,
    pub loads: usize,
}

/// The cache killed, and started again.
pub struct Outage {
    pub killed: String,
    pub without: Without,
    pub filled: Filled,
    pub hit: Hit,
}

/// Hits answered before a crash, and those in the database after it.
pub struct Counted {
    pub answered: u64,
    pub counted: u64,
    pub bound: u64,
    /// The service still ran when it was killed.
    pub landed: bool,
}

/// Strings that would be commands.
#[derive(Default)]
pub struct Injected {
    pub stored: usize,
    pub refused: usize,
    /// Those that were neither.
    pub wrong: Vec<String>,
    /// Rows added to the table meanwhile.
    pub added: i64,
    /// SQL was executed.
    pub executed: bool,
    /// The cache was commanded.
    pub commanded: bool,
}

/// Everything that was seen.
pub struct Seen {
    pub redis: String,
    pub ttl_s: u64,
    pub filled: Filled,
    pub hit: Hit,
    pub written: Written,
    pub failed: Failed,
    pub missing: Missing,
    pub slow: Slow,
    pub injected: Injected,
    pub outage: Outage,
    pub counted: Option<Counted>,
}
