//! The server's log, read from its standard error as it is written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::process::Lines;

/// Parts the fields of a line. It cannot occur in an application name, where the server replaces it.
const SEPARATOR: char = '\u{1f}';

/// The `log_line_prefix` that [`ServerLog`] reads, as it is written in postgresql.conf: time, process id, user,
/// database, application, SQLSTATE.
pub(crate) const LINE_PREFIX: &str = r"\037%m\037%p\037%u\037%d\037%a\037%e\037";

/// One message of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Its place in the log; later messages have higher ones.
    pub position: u64,
    /// `2026-01-31 10:11:12.345 UTC`.
    pub time: String,
    /// The backend's process id.
    pub pid: u32,
    /// The session's user; empty outside sessions, as are the next two.
    pub user: String,
    /// The database.
    pub database: String,
    /// `application_name`.
    pub application: String,
    /// `00000` when nothing is wrong.
    pub sqlstate: String,
    /// `LOG`, `ERROR`, `DETAIL`, `STATEMENT` …
    pub severity: String,
    /// The text, with its line breaks.
    pub message: String,
}

impl LogLine {
    /// The text of a statement that was logged before it ran, simple or prepared (`log_statement`).
    pub fn statement(&self) -> Option<&str> {
        let simple = self.message.strip_prefix("statement: ");
        let prepared = || self.message.strip_prefix("execute ")?.split_once(": ").map(|(_, text)| text);
        simple.or_else(prepared).filter(|_| self.severity == "LOG")
    }

    fn parse(position: u64, line: &str) -> Option<Self> {
        let mut fields = line.strip_prefix(SEPARATOR)?.splitn(7, SEPARATOR);
        let mut next = || fields.next().map(str::to_owned);
        let (time, pid) = (next()?, next()?.parse().ok()?);
        let (user, database, application, sqlstate) = (next()?, next()?, next()?, next()?);
        let text = next()?;
        let (severity, message) = text.split_once(":  ").unwrap_or(("", &text));
        let (severity, message) = (severity.to_owned(), message.to_owned());
        Some(Self { position, time, pid, user, database, application, sqlstate, severity, message })
    }
}

/// A server's log since its first start. Cheap to clone; all clones see the same log.
///
/// Statements stand in it only where `log_statement` says so ([`super::Cluster::log_statements`]). The newest 64 MiB are
/// kept.
#[derive(Debug, Clone)]
pub struct ServerLog {
    lines: Lines,
}

impl ServerLog {
    /// An empty log. Lines must carry the prefix `LINE_PREFIX`; lines without continue the message before.
    pub(crate) fn new() -> Self {
        Self { lines: Lines::bounded(64 << 20, 1 << 20) }
    }

    /// What a backend feeds it from.
    pub(crate) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The end of what has been read so far. A message written by the server just now may still be on its way: to be
    /// sure, run a statement that is logged and wait for it.
    pub fn position(&self) -> u64 {
        self.lines.position()
    }

    /// Whether everything since the position is still kept.
    pub fn is_whole_since(&self, position: u64) -> bool {
        self.lines.first() <= position
    }

    /// The messages at and after a position.
    pub fn since(&self, position: u64) -> Vec<LogLine> {
        let mut messages: Vec<LogLine> = Vec::new();
        for (at, line) in self.lines.since(position) {
            match (LogLine::parse(at, &line), messages.last_mut()) {
                (Some(message), _) => messages.push(message),
                (None, Some(last)) => {
                    last.message.push('\n');
                    last.message.push_str(line.strip_prefix('\t').unwrap_or(&line));
                }
                (None, None) => {}
            }
        }
        messages
    }

    /// Waits for a message at or after a position; `None` when the deadline passes or the server ends without it.
    pub async fn wait_for(
        &self,
        position: u64,
        fits: impl Fn(&LogLine) -> bool,
        deadline: Duration,
    ) -> Option<LogLine> {
        let search = async {
            let mut changes = self.lines.changes();
            let mut next = position;
            loop {
                let closed = self.lines.is_closed();
                for message in self.since(next) {
                    // The newest message may still grow by a line, so it is looked at again.
                    next = message.position;
                    if fits(&message) {
                        return Some(message);
                    }
                }
                if closed || changes.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(deadline, search).await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        format!(
            "\u{1f}2026-01-31 10:11:12.345 UTC\u{1f}77\u{1f}worker\u{1f}db\u{1f}drill\u{1f}00000\u{1f}{text}\n"
        )
    }

    #[test]
    fn messages_are_parsed_with_their_continuations() {
        let log = ServerLog::new();
        log.lines.push(line("LOG:  statement: SELECT 1,\n\t2").as_bytes());
        log.lines.push(line("ERROR:  no").as_bytes());
        log.lines.push(line("LOG:  execute s1: SELECT 3").as_bytes());
        let messages = log.since(0);
        assert_eq!(messages[0].statement(), Some("SELECT 1,\n2"));
        assert_eq!((messages[1].severity.as_str(), messages[1].message.as_str()), ("ERROR", "no"));
        assert_eq!(messages[2].statement(), Some("SELECT 3"));
        assert_eq!((messages[2].pid, messages[2].application.as_str()), (77, "drill"));
    }
}
