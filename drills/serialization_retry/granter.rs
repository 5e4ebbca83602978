//! The transaction under test, under way behind a wire proxy: the subject's program, or its statements in a retry loop.

use std::time::Duration;

use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::WireProxy;
use sor_gate::session::{Outcome, Session};
use sor_gate::subject::Transaction;
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Worker};
use tokio::task::JoinHandle;

use super::yard::{BONUS, Yard, amount};

/// What a transaction that lost a race is refused with (manual, Appendix A, Class 40).
const LOST: [&str; 2] = ["40001", "40P01"];

pub enum Granter {
    Program(Box<Worker>),
    Statements(JoinHandle<Result<Option<String>>>),
}

impl Yard<'_> {
    /// Starts it on the account.
    pub async fn grant(&self, name: &str, proxy: &WireProxy, id: &str) -> Result<Granter> {
        let values = Values::new().with("id", id).with("amount", BONUS);
        if let Some(program) = &self.binding.program {
            let assignment = Assignment::with(name, values).through(proxy.connect_info());
            let role = &self.cx.subject.roles.worker;
            let worker = self.cx.start_program("granter", program, role, &assignment).await?;
            return Ok(Granter::Program(Box::new(worker)));
        }
        let transaction = self.binding.transaction.clone();
        let transaction = transaction.ok_or_else(|| Error::harness("there is no transaction to start"))?;
        let session = self.cx.session_at(proxy.connect_info(), name).await?;
        Ok(Granter::Statements(tokio::spawn(async move { in_a_loop(&session, &transaction, &values).await })))
    }
}

impl Granter {
    /// Waits for its end: nothing when it says that it has committed, else why not.
    pub async fn end(&mut self, patience: Duration) -> Result<Option<String>> {
        match self {
            Self::Program(worker) => match worker.wait_exit(patience).await? {
                Some(status) if status.success() => Ok(None),
                Some(_) => Ok(Some(worker.process().failure("gave up").what)),
                None => Err(worker.process().failure(&format!("still ran after {patience:?}"))),
            },
            Self::Statements(task) => match tokio::time::timeout(patience, &mut *task).await {
                Ok(ended) => ended.map_err(|error| Error::harness(error.to_string()))?,
                Err(_) => Err(Error::harness(format!("the transaction did not end within {patience:?}"))),
            },
        }
    }

    /// Resolves when it has ended, however.
    pub async fn ended(&self) {
        match self {
            Self::Program(worker) => drop(worker.process().wait().await),
            Self::Statements(task) => {
                while !task.is_finished() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        }
    }
}

impl Drop for Granter {
    fn drop(&mut self) {
        if let Self::Statements(task) = self {
            task.abort();
        }
    }
}

/// Tries until it commits, each time as a whole.
async fn in_a_loop(session: &Session, transaction: &Transaction, values: &Values) -> Result<Option<String>> {
    for _ in 0..transaction.max_attempts {
        match once(session, transaction, values).await? {
            Outcome::Done(_) => return Ok(None),
            Outcome::Refused(refusal) => {
                session.must("ROLLBACK", &Values::new()).await?;
                if !LOST.contains(&refusal.sqlstate.as_str()) {
                    return Ok(Some(refusal.to_string()));
                }
            }
        }
    }
    Ok(Some(format!("given up after {} attempts", transaction.max_attempts)))
}

async fn once(session: &Session, transaction: &Transaction, values: &Values) -> Result<Outcome> {
    let none = Values::new();
    let begun =
        session.attempt(&format!("BEGIN ISOLATION LEVEL {}", transaction.isolation.sql()), &none).await?;
    if begun.refusal().is_some() {
        return Ok(begun);
    }
    let read = match session.attempt(&transaction.read, values).await? {
        Outcome::Done(rows) => amount(&rows, "retry.transaction.read")?,
        refused => return Ok(refused),
    };
    let values = values.clone().with("value", read + BONUS);
    for statement in &transaction.write {
        let written = session.attempt(statement, &values).await?;
        if written.refusal().is_some() {
            return Ok(written);
        }
    }
    session.attempt("COMMIT", &none).await
}
