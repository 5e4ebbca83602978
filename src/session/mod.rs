//! A database session as one role, in which every statement is recorded.

mod numeric;
mod outcome;
mod prepared;
mod repeated;
mod text;

use std::time::Instant;

use futures::TryStreamExt;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, RowStream};

pub use outcome::{Outcome, Refusal, Row, Rows};
pub use prepared::Prepared;
use repeated::Repeated;
use text::{Cell, Text};

use crate::error::{Error, Result};
use crate::recorder::Recorder;
use crate::template::{self, Values};

/// One connection of one role. Statements go out as the subject wrote them; nothing is wrapped or rewritten.
pub struct Session {
    client: Client,
    label: String,
    role: String,
    recorder: Recorder,
    repeated: Option<Box<Repeated>>,
}

impl Session {
    /// Takes a connection over; `label` names the session in the evidence (`A`, `relay 2`).
    pub fn new(client: Client, label: &str, role: &str, recorder: Recorder) -> Self {
        Self { client, label: label.into(), role: role.into(), recorder, repeated: None }
    }

    /// From now on a statement that is issued again is prepared, as most drivers do it: for sessions that issue a few
    /// statements hundreds of times.
    #[must_use]
    pub fn repeating(self) -> Self {
        Self { repeated: Some(Box::default()), ..self }
    }

    /// The role that the session connected as.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The driver's connection, for what this type does not offer; such statements are not recorded.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Runs one statement whose failure is an observation.
    ///
    /// # Errors
    /// A harness error when the connection is lost; usage for an unknown placeholder. An error reported by
    /// the server is not an error here but [`Outcome::Refused`].
    pub async fn attempt(&self, sql: &str, values: &Values) -> Result<Outcome> {
        let bound = template::bind(sql, values)?;
        let started = Instant::now();
        let answer = self.send(&bound).await;
        let outcome = match answer {
            Ok(rows) => Outcome::Done(rows),
            Err(error) => match error.as_db_error() {
                Some(db) => Outcome::Refused(Refusal::from(db)),
                None => return Err(Error::from(error).during(format!("session {}", self.label))),
            },
        };
        self.recorder.statement(&self.label, &self.role, &bound, &outcome, started.elapsed());
        Ok(outcome)
    }

    async fn send(&self, bound: &template::Bound) -> Result<Rows, tokio_postgres::Error> {
        // Parse, Bind and Execute go out together, in one round trip; the server infers the types.
        let params = bound.params.iter().map(|value| Text(value.as_deref()));
        if let Some(repeated) = &self.repeated
            && let Some(statement) = repeated.of(&self.client, &bound.sql).await?
        {
            return collect(self.client.query_raw(&statement, params).await?).await;
        }
        let params = params.map(|value| (value, Type::UNKNOWN));
        collect(self.client.query_typed_raw(&bound.sql, params).await?).await
    }

    /// Runs one statement that the harness itself needs: a refusal is a harness error.
    ///
    /// # Errors
    /// As [`Session::attempt`], and for every refusal.
    pub async fn must(&self, sql: &str, values: &Values) -> Result<Rows> {
        match self.attempt(sql, values).await? {
            Outcome::Done(rows) => Ok(rows),
            Outcome::Refused(refusal) => Err(Error::harness(format!("{refusal}")).at(format!(
                "session {} as {}: {}",
                self.label,
                self.role,
                shorten(sql)
            ))),
        }
    }

    /// Runs a script of several statements; values are pasted as literals. A refusal is a harness error.
    ///
    /// # Errors
    /// As [`Session::must`].
    pub async fn script(&self, sql: &str, values: &Values) -> Result<()> {
        let script = template::paste(sql, values)?;
        let started = Instant::now();
        self.client.batch_execute(&script).await.map_err(|error| {
            Error::from(error).at(format!("session {} as {}: {}", self.label, self.role, shorten(sql)))
        })?;
        self.recorder.script(&self.label, &self.role, &script, started.elapsed());
        Ok(())
    }

    /// The process id of the server's backend.
    ///
    /// # Errors
    /// As [`Session::must`].
    pub async fn pid(&self) -> Result<i32> {
        let rows = self.must("SELECT pg_backend_pid()", &Values::new()).await?;
        rows.first("pg_backend_pid")?.parse().map_err(|_| Error::harness("pg_backend_pid() gave no number"))
    }
}

/// All rows of an answer, printed.
async fn collect(stream: RowStream) -> Result<Rows, tokio_postgres::Error> {
    futures::pin_mut!(stream);
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    while let Some(row) = stream.try_next().await? {
        if rows.is_empty() {
            names = row.columns().iter().map(|column| column.name().to_owned()).collect();
        }
        let cells = (0..row.len()).map(|at| row.try_get::<_, Option<Cell>>(at).map(|c| c.map(|c| c.0)));
        rows.push(Row { cells: cells.collect::<Result<_, _>>()? });
    }
    let affected = stream.rows_affected().unwrap_or(0);
    Ok(Rows { names, rows, affected })
}

/// First line of a statement, at most 80 characters, for error messages.
fn shorten(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
