//! Follows one connection's conversation: which statement runs, and which answer belongs to it. Pure.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::cstr;

/// Which message carried a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// A simple query.
    Query,
    /// The extended protocol's Parse.
    Parse,
    /// The extended protocol's Bind.
    Bind,
    /// The extended protocol's Execute.
    Execute,
}

/// A statement that was passed on to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The message's number.
    pub number: u64,
    /// The connection, from 1.
    pub connection: u32,
    /// How it was sent.
    pub kind: StatementKind,
    /// The text as the program sent it. Of a text beyond 16 MiB, the beginning.
    pub sql: String,
    /// The text as it reached the server, when that is another.
    pub rewritten: Option<String>,
    /// The number of parameters bound; none for Query and Parse.
    pub params: Option<u16>,
    /// The tags of its CommandCompletes, such as `INSERT 0 1`; a simple query may have several.
    pub completed: Vec<String>,
    /// The code of the error that it ended with.
    pub sqlstate: Option<String>,
    /// The first cell of its first row, where that is a whole number.
    pub first: Option<i64>,
}

/// A statement's text, before and after rewriting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) sql: Arc<str>,
    pub(super) rewritten: Option<Arc<str>>,
}

/// An answer that the server owes, in the order of asking.
#[derive(Debug)]
struct Owed {
    tag: u8,
    /// Its place in the log of statements.
    entry: Option<usize>,
    text: Option<Text>,
}

#[derive(Debug, Default)]
pub(super) struct Tracker {
    connection: u32,
    prepared: HashMap<Vec<u8>, Text>,
    portals: HashMap<Vec<u8>, (Text, u16)>,
    owed: VecDeque<Owed>,
}

impl Tracker {
    pub(super) fn new(connection: u32) -> Self {
        Self { connection, ..Self::default() }
    }

    /// The statement that a Bind or an Execute means.
    pub(super) fn meant(&self, tag: u8, head: &[u8]) -> Option<Text> {
        match tag {
            b'B' => self.prepared.get(bind(head)?.1).cloned(),
            b'E' => self.portals.get(cstr(head)?.0).map(|(text, _)| text.clone()),
            _ => None,
        }
    }

    /// The statement whose answer comes next.
    pub(super) fn answering(&self) -> Option<Arc<str>> {
        self.owed.front()?.text.as_ref().map(|text| Arc::clone(&text.sql))
    }

    /// A message goes to the server.
    pub(super) fn sent(
        &mut self,
        log: &mut Vec<Statement>,
        number: u64,
        tag: u8,
        head: &[u8],
        text: Option<&Text>,
    ) {
        let mut params = None;
        let kind = match tag {
            b'Q' => StatementKind::Query,
            b'P' => StatementKind::Parse,
            b'B' => StatementKind::Bind,
            b'E' => StatementKind::Execute,
            b'D' | b'C' => return self.owe(tag, None, None),
            _ => return,
        };
        match (kind, text) {
            (StatementKind::Parse, Some(text)) => {
                if let Some((name, _)) = cstr(head) {
                    self.prepared.insert(name.to_vec(), text.clone());
                }
            }
            (StatementKind::Bind, Some(text)) => {
                if let Some((portal, _, count)) = bind(head) {
                    params = Some(count);
                    self.portals.insert(portal.to_vec(), (text.clone(), count));
                }
            }
            (StatementKind::Execute, _) => {
                params = cstr(head).and_then(|(portal, _)| self.portals.get(portal)).map(|(_, count)| *count);
            }
            _ => {}
        }
        log.push(Statement {
            number,
            connection: self.connection,
            kind,
            sql: text.map_or(String::new(), |text| text.sql.as_ref().to_owned()),
            rewritten: text.and_then(|text| text.rewritten.as_deref()).map(str::to_owned),
            params,
            completed: Vec::new(),
            sqlstate: None,
            first: None,
        });
        self.owe(tag, Some(log.len() - 1), text.cloned());
    }

    fn owe(&mut self, tag: u8, entry: Option<usize>, text: Option<Text>) {
        self.owed.push_back(Owed { tag, entry, text });
    }

    /// A row came back whose first cell is a whole number.
    pub(super) fn told(&self, log: &mut [Statement], number: i64) {
        let entry = self.owed.front().and_then(|owed| log.get_mut(owed.entry?));
        if let Some(entry) = entry {
            entry.first.get_or_insert(number);
        }
    }

    /// A message came back; `completed` and `sqlstate` are read from it already.
    pub(super) fn answered(
        &mut self,
        log: &mut [Statement],
        tag: u8,
        completed: Option<&str>,
        sqlstate: Option<&str>,
    ) {
        let Some(front) = self.owed.front() else { return };
        let entry = front.entry.and_then(|entry| log.get_mut(entry));
        match (tag, front.tag) {
            (b'1', b'P') | (b'2', b'B') | (b'3', b'C') | (b'n' | b'T', b'D') | (b's' | b'I', b'E') => {
                self.owed.pop_front();
            }
            (b'C', b'Q' | b'E') => {
                if let (Some(entry), Some(completed)) = (entry, completed) {
                    entry.completed.push(completed.into());
                }
                if front.tag == b'E' {
                    self.owed.pop_front();
                }
            }
            (b'E', asked) => {
                if let (Some(entry), Some(sqlstate)) = (entry, sqlstate) {
                    entry.sqlstate = Some(sqlstate.into());
                }
                // Everything up to the next Sync is skipped by the server.
                if asked != b'Q' {
                    self.owed.clear();
                }
            }
            (b'Z', _) => self.owed.clear(),
            _ => {}
        }
    }
}

/// Portal, statement and number of parameters of a Bind.
fn bind(head: &[u8]) -> Option<(&[u8], &[u8], u16)> {
    let (portal, rest) = cstr(head)?;
    let (statement, rest) = cstr(rest)?;
    let formats = usize::from(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?));
    let count = rest.get(2 + 2 * formats..4 + 2 * formats)?;
    Some((portal, statement, u16::from_be_bytes(count.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str) -> Text {
        Text { sql: sql.into(), rewritten: None }
    }

    #[test]
    fn an_extended_batch_gets_its_answers_in_order() {
        let (mut tracker, mut log) = (Tracker::new(4), Vec::new());
        tracker.sent(&mut log, 1, b'P', b"s\0INSERT\0\0\0", Some(&text("INSERT")));
        let values = b"\0s\0\0\x01\0\x01\0\x02\xff\xff\xff\xff\xff\xff\xff\xff\0\0";
        let meant = tracker.meant(b'B', values).unwrap();
        tracker.sent(&mut log, 2, b'B', values, Some(&meant));
        let meant = tracker.meant(b'E', b"\0\0\0\0\0");
        tracker.sent(&mut log, 3, b'E', b"\0\0\0\0\0", meant.as_ref());
        assert_eq!(tracker.answering().as_deref(), Some("INSERT"));
        for (tag, completed) in [(b'1', None), (b'2', None), (b'C', Some("INSERT 0 1")), (b'Z', None)] {
            tracker.answered(&mut log, tag, completed, None);
        }
        assert_eq!(log.len(), 3);
        assert_eq!((log[2].sql.as_str(), log[2].params), ("INSERT", Some(2)));
        assert_eq!(log[2].completed, ["INSERT 0 1"]);
    }

    #[test]
    fn an_error_belongs_to_the_statement_that_raised_it() {
        let (mut tracker, mut log) = (Tracker::new(1), Vec::new());
        for (number, sql) in [(1, "A"), (2, "B")] {
            tracker.sent(&mut log, number, b'P', format!("\0{sql}\0\0\0").as_bytes(), Some(&text(sql)));
        }
        tracker.answered(&mut log, b'1', None, None);
        tracker.answered(&mut log, b'E', None, Some("42601"));
        assert_eq!((log[0].sqlstate.as_deref(), log[1].sqlstate.as_deref()), (None, Some("42601")));
        tracker.sent(&mut log, 3, b'Q', b"C\0", Some(&text("C")));
        tracker.answered(&mut log, b'C', Some("SELECT 1"), None);
        tracker.answered(&mut log, b'C', Some("SELECT 2"), None);
        assert_eq!(log[2].completed, ["SELECT 1", "SELECT 2"]);
    }

    #[test]
    fn a_cut_off_bind_is_no_panic() {
        assert_eq!(bind(b""), None);
        assert_eq!(bind(b"\0\0\0\x09\0"), None);
    }
}
