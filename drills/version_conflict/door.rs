//! Two doors to the same row: SQL, and HTTP.

use sor_gate::error::Result;
use sor_gate::session::{Outcome, Session};
use sor_gate::subject::VersionedTable;
use sor_gate::template::Values;

use super::http::Http;

/// A row as a reader sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The version; over HTTP the ETag.
    pub version: String,
    pub content: String,
}

/// What came of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    Done,
    /// No row, or 412 with the version that is current, where the answer tells it.
    Conflict(Option<String>),
    /// Anything else, in words.
    Other(String),
}

/// How a row is read and edited.
pub enum Door<'a> {
    Sql(Box<Session>, &'a VersionedTable),
    Http(Http<'a>),
}

impl Door<'_> {
    pub async fn read(&self, id: &str) -> Result<Reading> {
        match self {
            Self::Http(http) => http.read(id).await,
            Self::Sql(session, table) => {
                let row = session.must(&table.read, &Values::new().with("id", id)).await?;
                Ok(Reading { version: row.first("version")?, content: row.first("content")? })
            }
        }
    }

    /// Sets the content, on the version that was seen.
    pub async fn write(&self, id: &str, version: &str, text: &str) -> Result<Written> {
        match self {
            Self::Http(http) => http.write(id, version, text).await,
            Self::Sql(session, table) => {
                let values = Values::new().with("id", id).with("version", version).with("text", text);
                Ok(match session.attempt(&table.edit, &values).await? {
                    Outcome::Done(rows) if rows.rows.is_empty() => Written::Conflict(None),
                    Outcome::Done(_) => Written::Done,
                    Outcome::Refused(refusal) => Written::Other(refusal.to_string()),
                })
            }
        }
    }
}
