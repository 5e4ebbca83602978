//! What was seen at the boundary.

use sor_gate::mcp::{Answer, Reply};
use sor_gate::session::Outcome;

/// What the running Worker holds.
pub enum Environment {
    /// The subject has no Worker or no journal to hold it by.
    NotDescribed,
    /// It did not stop at the lock; its last words.
    NotHeld(String),
    /// It was looked at while it waited in mid-turn.
    Seen {
        pid: u32,
        processes: usize,
        variables: usize,
        sockets: usize,
        /// Connections that were tried from its environment.
        attempts: Vec<String>,
        /// Ways into the database that were found.
        ways: Vec<String>,
        /// Whether the same attempt with the server's own URL got through.
        control: bool,
    },
}

/// The lists of tools, one after the other.
pub struct Lists {
    pub declared: Vec<String>,
    pub listed: Vec<Vec<String>>,
    pub changes: u64,
}

/// A name that is not on the list, and what calling it was answered.
pub struct Tried {
    pub name: String,
    pub answer: Answer,
}

/// The server's log around the refused call.
pub struct Log {
    /// How many of the two canaries stand in it.
    pub canaries: usize,
    /// What stands between them.
    pub between: Vec<String>,
}

/// Calls of tools that are not on the list.
pub struct Disallowed {
    pub tried: Vec<Tried>,
    /// Neither the function ran nor the bait was dropped.
    pub untouched: bool,
    pub declared: Option<String>,
    /// `drop_table` was answered as a name is that surely nobody has: not as a tool called wrongly.
    pub alike: bool,
    /// `None` where the log cannot be read.
    pub log: Option<Log>,
    /// Statements of an allowed call in the same log.
    pub control: Option<usize>,
}

/// SQL that was put in a place, and what the call was answered.
pub struct Text {
    pub place: String,
    pub text: String,
    pub answer: Answer,
}

/// SQL in string arguments.
#[derive(Default)]
pub struct Smuggling {
    /// Allowed tools without a sample call.
    pub unsampled: Vec<String>,
    /// Sample calls that were not accepted, with the answer.
    pub refused_samples: Vec<String>,
    /// How often the function ran when the server's role called it and rolled back.
    pub control: i64,
    pub places: usize,
    pub texts: Vec<Text>,
    /// How many texts stand literally in the tables.
    pub stored: usize,
    /// How often the function ran meanwhile.
    pub ran: i64,
    /// What changed in the catalog.
    pub changed: Option<String>,
}

/// A change that went through a tool that promised to make none.
pub struct LetThrough {
    pub place: String,
    pub text: String,
    pub changed: Vec<String>,
}

/// Tools that take SQL and promise to change nothing.
#[derive(Default)]
pub struct ReadOnly {
    pub tools: Vec<String>,
    /// Statements that change rows when the admin runs them.
    pub changes: Vec<String>,
    /// Calls made with them.
    pub texts: usize,
    pub let_through: Vec<LetThrough>,
    /// Calls without an answer.
    pub unanswered: usize,
}

/// A statement that the server's role must not run.
pub struct Attempt {
    pub sql: String,
    pub outcome: Outcome,
}

/// The server's own role.
#[derive(Default)]
pub struct Privileges {
    pub described: bool,
    pub role: String,
    pub attributes: Vec<String>,
    /// Privileges beyond what the tools need.
    pub beyond: Vec<String>,
    pub attempts: Vec<Attempt>,
    /// An allowed statement that succeeded on the same connection; empty when there is none.
    pub control: String,
    pub tables: usize,
}

/// One piece of garbage.
pub struct Sent {
    pub what: String,
    /// `None` where no answer is owed.
    pub reply: Option<Reply>,
    /// It is large and nothing else, so that it may also be carried out.
    pub only_large: bool,
    pub serving: bool,
}

impl Sent {
    pub fn proper(&self) -> bool {
        match &self.reply {
            None => true,
            Some(Reply::Response(reply)) => {
                self.only_large || !reply["error"].is_null() || reply["isError"] == true
            }
            Some(Reply::Silence | Reply::Closed) => false,
        }
    }
}

/// Everything that was sent and said.
pub struct Garbage {
    pub sent: Vec<Sent>,
    pub ended_after_hang_up: bool,
    pub answers: usize,
    pub leaks: Vec<String>,
    /// Whether a server whose database is not there was asked too.
    pub unreachable: bool,
}

/// Everything that was seen.
pub struct Seen {
    pub strict: bool,
    pub environment: Environment,
    pub lists: Lists,
    pub disallowed: Disallowed,
    pub smuggling: Smuggling,
    pub read_only: ReadOnly,
    pub privileges: Privileges,
    pub garbage: Garbage,
}
