//! Statements that are prepared once and run many times. Their runs are not written down: there are too many.

use tokio_postgres::Statement;

use super::text::Text;
use super::{Outcome, Refusal, Session, collect};
use crate::error::{Error, Result};
use crate::template::{self, Values};

/// A statement of one session, ready to be run with other values.
#[derive(Debug)]
pub struct Prepared {
    statement: Statement,
    names: Vec<String>,
}

impl Session {
    /// Prepares a statement whose placeholders are among `known`.
    ///
    /// # Errors
    /// Usage for an unknown placeholder or one in quotes; harness when the server refuses the statement.
    pub async fn prepare(&self, sql: &str, known: &[&str]) -> Result<Prepared> {
        let (text, names) = template::parameters(sql, known)?;
        let statement = self.client.prepare(&text).await.map_err(|error| {
            Error::from(error).at(format!("session {} as {}: {}", self.label, self.role, super::shorten(sql)))
        })?;
        Ok(Prepared { statement, names })
    }

    /// Runs it; a refusal is an observation.
    ///
    /// # Errors
    /// Usage when a value is missing; harness when the connection is lost.
    pub async fn run(&self, prepared: &Prepared, values: &Values) -> Result<Outcome> {
        let params: Vec<Text<'_>> =
            prepared.names.iter().map(|name| values.get(name).map(Text)).collect::<Result<_>>()?;
        let answer = async { collect(self.client.query_raw(&prepared.statement, params).await?).await };
        match answer.await {
            Ok(rows) => Ok(Outcome::Done(rows)),
            Err(error) => match error.as_db_error() {
                Some(db) => Ok(Outcome::Refused(Refusal::from(db))),
                None => Err(Error::from(error).during(format!("session {}", self.label))),
            },
        }
    }
}
