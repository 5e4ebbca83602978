//! Faults that really happen: on the way to the outbox sink, on the wire to Postgres, to programs and to servers.
//!
//! Every fault that fires leaves a [`FaultEvent`], the witness without which a claim is not proven.

pub mod proxy;
pub mod sink;
pub mod sweep;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of fault fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Nobody listens at the port: `ECONNREFUSED`.
    Refused,
    /// The connection was reset in the middle of a response.
    Reset,
    /// The request was never answered.
    TimeOut,
    /// The request took effect, and the connection was closed without an answer.
    AcceptThenDrop,
    /// The request was answered with an error status.
    Status,
    /// The answer, or the message, was kept back until released.
    Hold,
    /// The answer, or the message, came late.
    Delay,
    /// A program was killed, with its whole process group.
    Kill,
    /// A program was frozen (SIGSTOP) until it was woken up again.
    Freeze,
    /// A Postgres server was stopped at once, as a crash does, and had to recover.
    ServerCrash,
    /// A backend was terminated.
    Terminate,
    /// The connection was cut before a message passed.
    CutBefore,
    /// The connection was cut right behind a message.
    CutAfter,
    /// A statement succeeded at the server, and its client never heard of it.
    ReplyLost,
    /// A statement reached the server with another text.
    Rewrite,
}

/// One fault that fired, with the proof of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultEvent {
    /// What happened.
    pub kind: FaultKind,
    /// When: RFC 3339, UTC.
    pub at: String,
    /// The proof, in words: which request or message, and what was done to it.
    pub detail: String,
}

impl FaultEvent {
    /// A fault that fires now.
    pub fn now(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { kind, at: jiff::Timestamp::now().to_string(), detail: detail.into() }
    }
}
