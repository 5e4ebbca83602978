//! A stand-in Worker: a process of ours that issues the subject's statements and then holds still to be killed.
//!
//! It serves subjects whose statements are described but not their programs: the death of a claimer must be the
//! death of a real process, with a real socket that closes.

use std::process::ExitCode;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Killed, Worker};
use crate::error::{Error, Result};
use crate::process::{Launch, Scope};
use crate::recorder::Recorder;
use crate::session::{Row, Session};
use crate::template::Values;

/// The hidden subcommand.
pub(crate) const STAND_IN: &str = "__stand_in";
const TASK: &str = "SOR_GATE_STAND_IN";
const ANSWER: &str = "answer ";
const PATIENCE: Duration = Duration::from_secs(10);

/// A statement with its values by name.
type Statement = (String, Vec<(String, Option<String>)>);

#[derive(Serialize, Deserialize)]
struct Task {
    url: String,
    role: String,
    statements: Vec<Statement>,
}

/// A running stand-in, with what its last statement answered.
pub struct StandIn {
    worker: Worker,
    answer: Vec<Row>,
}

impl StandIn {
    /// Starts the process, which runs the statements in order on one connection and then holds still.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub async fn launch(
        scope: &Scope,
        url: &str,
        role: &str,
        statements: &[(&str, &Values)],
    ) -> Result<Worker> {
        let statements = statements.iter().map(|(sql, values)| ((*sql).to_owned(), values.pairs())).collect();
        let task = Task { url: url.into(), role: role.into(), statements };
        let task = serde_json::to_string(&task).map_err(|error| Error::harness(error.to_string()))?;
        let launch = Launch::new(scope.exe()).args([STAND_IN]).clear_env().envs([(TASK, task)]);
        Ok(Worker::of(launch.spawn(scope).await?))
    }

    /// The same, and waits until all is done.
    ///
    /// # Errors
    /// When the process cannot be started, or a statement is refused: its last lines.
    pub async fn start(scope: &Scope, url: &str, role: &str, statements: &[(&str, &Values)]) -> Result<Self> {
        Self::done(Self::launch(scope, url, role, statements).await?).await
    }

    /// Waits until a stand-in that was launched has done all its statements.
    ///
    /// # Errors
    /// When a statement is refused or the connection is lost: its last lines.
    pub async fn done(worker: Worker) -> Result<Self> {
        let line = worker.ready(|line| line.starts_with(ANSWER), PATIENCE).await?;
        let answer: Vec<Vec<Option<String>>> =
            serde_json::from_str(&line[ANSWER.len()..]).map_err(|error| Error::harness(error.to_string()))?;
        Ok(Self { worker, answer: answer.into_iter().map(|cells| Row { cells }).collect() })
    }

    /// The rows that its last statement with an answer answered.
    pub fn answer(&self) -> &[Row] {
        &self.answer
    }

    /// Kills it with SIGKILL; the proof is the wait status.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(self) -> Result<Killed> {
        self.worker.kill().await
    }
}

/// The process itself: does its task, tells the answer, and waits for its death.
pub(crate) fn stand_in() -> ExitCode {
    use std::io::Write;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::FAILURE };
    match runtime.block_on(work()) {
        Ok(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
        }
    }
    ExitCode::FAILURE
}

/// Never ends well: when all is done it holds still, connection open.
async fn work() -> Result<String> {
    use std::io::Write;
    let task = std::env::var(TASK).map_err(|_| Error::usage(format!("{TASK} is not set")))?;
    let task: Task = serde_json::from_str(&task).map_err(|error| Error::usage(error.to_string()))?;
    let (client, connection) = tokio_postgres::connect(&task.url, tokio_postgres::NoTls).await?;
    let alive = tokio::spawn(connection);
    let session = Session::new(client, "stand-in", &task.role, Recorder::default());
    let mut answer = Vec::new();
    for (sql, values) in &task.statements {
        let rows = session.must(sql, &Values::from_pairs(values)).await?.rows;
        answer = if rows.is_empty() { answer } else { rows };
    }
    let cells: Vec<_> = answer.into_iter().map(|row| row.cells).collect();
    let cells = serde_json::to_string(&cells).map_err(|error| Error::harness(error.to_string()))?;
    let told = writeln!(std::io::stdout(), "{ANSWER}{cells}").and_then(|()| std::io::stdout().flush());
    told.map_err(|error| Error::harness(error.to_string()))?;
    // Ends only when the server goes away.
    let _ = alive.await;
    Ok("the connection is gone".to_owned())
}
