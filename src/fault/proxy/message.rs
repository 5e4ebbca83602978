//! What a rule sees of a message. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The tag given here to a start-up packet, which has none on the wire.
pub(super) const STARTUP: u8 = 0;
/// The tag given here to a cancel request, which has none on the wire.
pub(super) const CANCEL: u8 = 1;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the program to Postgres.
    ToServer,
    /// From Postgres to the program.
    ToClient,
}

/// A message as it arrives at the proxy.
#[derive(Debug, Clone, Copy)]
pub struct WireMessage<'a> {
    /// The connection, numbered from 1 in order of arrival.
    pub connection: u32,
    /// Which way it goes.
    pub direction: Direction,
    /// The type byte of the protocol; 0 for the start-up packet and 1 for a cancel request.
    pub tag: u8,
    /// The text of the statement: of a Query, Parse, Bind or Execute as the program sent it, and on the way
    /// back of the statement being answered.
    pub sql: Option<&'a str>,
    /// The tag of a CommandComplete, such as `COMMIT` or `INSERT 0 1`.
    pub completed: Option<&'a str>,
    /// The code of an ErrorResponse.
    pub sqlstate: Option<&'a str>,
}

impl WireMessage<'_> {
    /// The program asks to run a statement: a Query or an Execute.
    pub fn runs(&self) -> bool {
        self.direction == Direction::ToServer && matches!(self.tag, b'Q' | b'E')
    }

    /// The program asks to commit.
    pub fn asks_commit(&self) -> bool {
        self.runs() && self.sql.is_some_and(commits)
    }

    /// The server says that it has committed.
    pub fn tells_commit(&self) -> bool {
        self.direction == Direction::ToClient && self.completed == Some("COMMIT")
    }

    /// The name that the manual gives this type of message.
    pub fn name(&self) -> &'static str {
        name(self.direction, self.tag)
    }

    /// The message in words, for the evidence.
    pub(super) fn describe(&self, number: u64) -> String {
        let way = match self.direction {
            Direction::ToServer => "to the server",
            Direction::ToClient => "to the client",
        };
        let about = self.completed.or(self.sqlstate).or(self.sql);
        let about = about
            .map_or(String::new(), |about| format!(" `{}`", about.chars().take(120).collect::<String>()));
        format!("message {number} (connection {}, {} {way}{about})", self.connection, self.name())
    }
}

/// A message boundary: the place before one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The message's number, from 1.
    pub number: u64,
    /// The connection, from 1.
    pub connection: u32,
    /// Which way the message goes.
    pub direction: Direction,
    /// Its type byte; 0 for the start-up packet and 1 for a cancel request.
    pub tag: u8,
}

impl Point {
    /// The name that the manual gives this type of message.
    pub fn name(&self) -> &'static str {
        name(self.direction, self.tag)
    }
}

/// PostgreSQL manual, section "Message Formats".
fn name(direction: Direction, tag: u8) -> &'static str {
    use Direction::{ToClient, ToServer};
    match (direction, tag) {
        (ToServer, STARTUP) => "StartupMessage",
        (ToServer, CANCEL) => "CancelRequest",
        (ToServer, b'Q') => "Query",
        (ToServer, b'P') => "Parse",
        (ToServer, b'B') => "Bind",
        (ToServer, b'E') => "Execute",
        (ToServer, b'D') => "Describe",
        (ToServer, b'C') => "Close",
        (ToServer, b'H') => "Flush",
        (ToServer, b'S') => "Sync",
        (ToServer, b'F') => "FunctionCall",
        (ToServer, b'X') => "Terminate",
        (ToServer, b'p') => "PasswordMessage or SASLResponse",
        (ToServer, b'f') => "CopyFail",
        (_, b'd') => "CopyData",
        (_, b'c') => "CopyDone",
        (ToClient, b'R') => "Authentication",
        (ToClient, b'K') => "BackendKeyData",
        (ToClient, b'S') => "ParameterStatus",
        (ToClient, b'Z') => "ReadyForQuery",
        (ToClient, b'C') => "CommandComplete",
        (ToClient, b'D') => "DataRow",
        (ToClient, b'T') => "RowDescription",
        (ToClient, b't') => "ParameterDescription",
        (ToClient, b'E') => "ErrorResponse",
        (ToClient, b'N') => "NoticeResponse",
        (ToClient, b'A') => "NotificationResponse",
        (ToClient, b'1') => "ParseComplete",
        (ToClient, b'2') => "BindComplete",
        (ToClient, b'3') => "CloseComplete",
        (ToClient, b'n') => "NoData",
        (ToClient, b's') => "PortalSuspended",
        (ToClient, b'I') => "EmptyQueryResponse",
        (ToClient, b'G') => "CopyInResponse",
        (ToClient, b'H') => "CopyOutResponse",
        (ToClient, b'W') => "CopyBothResponse",
        (ToClient, b'V') => "FunctionCallResponse",
        (ToClient, b'v') => "NegotiateProtocolVersion",
        _ => "unknown message",
    }
}

/// Whether the last statement of a text is a COMMIT, in any spelling that the manual allows.
fn commits(sql: &str) -> bool {
    let Some(last) = sql.split(';').map(str::trim).rfind(|statement| !statement.is_empty()) else {
        return false;
    };
    let words =
        || last.split_whitespace().take_while(|word| !word.starts_with("--") && !word.starts_with("/*"));
    let is = |word: &str, one_of: &[&str]| one_of.iter().any(|known| word.eq_ignore_ascii_case(known));
    words().next().is_some_and(|word| is(word, &["commit", "end"]))
        && words().skip(1).all(|word| is(word, &["work", "transaction", "and", "no", "chain"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_commit_in_any_spelling() {
        for sql in
            ["COMMIT", "commit;", " End Transaction ;\n", "INSERT INTO t VALUES (1); COMMIT AND NO CHAIN"]
        {
            assert!(commits(sql), "{sql}");
        }
        assert!(commits("COMMIT /* traceparent='00-1' */"));
        for sql in ["", "BEGIN", "ROLLBACK", "COMMIT PREPARED 'x'", "DO $$ BEGIN PERFORM 1; END $$"] {
            assert!(!commits(sql), "{sql}");
        }
    }
}
