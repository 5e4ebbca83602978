//! The case file: what the four queries answer.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::session::{Rows, Session};
use crate::subject::Forensics;
use crate::template::Values;

/// Everything that the database knows of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFile {
    /// The run, if there is one.
    pub run: Option<Run>,
    /// Its turns with their calls, in order.
    pub calls: Vec<Call>,
    /// Its messages by status.
    pub messages: Vec<Messages>,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// The answers of the four queries as they came: run, tool calls, outbox, events.
    pub answers: [Rows; 4],
}

/// The run's row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Who works it, or did.
    pub worker: String,
    /// `running`, `complete` or `failed`.
    pub status: String,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339; empty while it is not over.
    pub finished_at: String,
    /// Unfinished, and nobody holds it any more.
    pub abandoned: bool,
}

/// A turn and its call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Call {
    /// The turn, 1 for the first.
    pub ordinal: String,
    /// The tool.
    pub tool: String,
    /// Of the turn: `open`, `done` or `failed`.
    pub status: String,
    /// Whether a call is journaled.
    pub called: bool,
    /// SQLSTATE of a refusal by the database.
    pub sqlstate: Option<String>,
    /// What went wrong; never empty.
    pub error: Option<String>,
}

/// Messages of one status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Messages {
    /// `pending`, `dispatched` or `dead`.
    pub status: String,
    /// How many.
    pub count: u64,
    /// Which.
    pub what: String,
    /// The most attempts that one of them took.
    pub attempts: u64,
    /// What went wrong; never empty.
    pub last_error: Option<String>,
}

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// When, RFC 3339.
    pub at: String,
    /// What kind.
    pub kind: String,
    /// What it says.
    pub text: String,
}

/// The names of the four queries, in the order of [`CaseFile::answers`].
pub const QUERIES: [&str; 4] = ["run", "tool_calls", "outbox", "events"];

/// The four queries by name.
pub fn queries(binding: &Forensics) -> [(&'static str, &str); 4] {
    let [run, tool_calls, outbox, events] = QUERIES;
    [
        (run, &binding.run),
        (tool_calls, &binding.tool_calls),
        (outbox, &binding.outbox),
        (events, &binding.events),
    ]
}

impl CaseFile {
    /// Asks the four queries.
    ///
    /// # Errors
    /// Usage when a query lacks a column or knows another placeholder than `${run_id}`; harness when it is refused.
    pub async fn read(session: &Session, binding: &Forensics, run_id: &str) -> Result<Self> {
        let values = Values::new().with("run_id", run_id);
        let mut answers: [Rows; 4] = Default::default();
        for (answer, (_, query)) in answers.iter_mut().zip(queries(binding)) {
            *answer = session.must(query, &values).await?;
        }
        Self::of(answers)
    }

    /// Reads the answers of the four queries.
    pub(super) fn of(answers: [Rows; 4]) -> Result<Self> {
        let [run, calls, messages, events] = &answers;
        let run = each(run, |cell| {
            Ok(Run {
                id: cell("id")?,
                worker: cell("worker")?,
                status: cell("status")?,
                started_at: cell("started_at")?,
                finished_at: cell("finished_at")?,
                abandoned: ["true", "t"].contains(&cell("abandoned")?.as_str()),
            })
        })?;
        let calls = each(calls, |cell| {
            Ok(Call {
                ordinal: cell("ordinal")?,
                tool: cell("tool")?,
                status: cell("status")?,
                called: !cell("call")?.is_empty(),
                sqlstate: filled(cell("sqlstate")?),
                error: filled(cell("error")?),
            })
        })?;
        let messages = each(messages, |cell| {
            Ok(Messages {
                status: cell("status")?,
                count: number(&cell("messages")?)?,
                what: cell("what")?,
                attempts: number(&cell("attempts")?)?,
                last_error: filled(cell("last_error")?),
            })
        })?;
        let events = each(events, |cell| {
            cell("id")?;
            Ok(Event { at: cell("at")?, kind: cell("kind")?, text: cell("text")? })
        })?;
        Ok(Self { run: run.into_iter().next(), calls, messages, events, answers })
    }
}

/// Reads every row by column name; NULL reads as the empty string.
fn each<T>(rows: &Rows, read: impl Fn(&dyn Fn(&str) -> Result<String>) -> Result<T>) -> Result<Vec<T>> {
    let one = |row: &crate::session::Row| {
        read(&|name| Ok(row.cells[rows.column(name)?].clone().unwrap_or_default()))
    };
    rows.rows.iter().map(one).collect()
}

fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

fn number(text: &str) -> Result<u64> {
    let wrong = |_| Error::usage(format!("`{text}` is not a count")).at("forensics.outbox");
    if text.is_empty() { Ok(0) } else { text.parse().map_err(wrong) }
}
