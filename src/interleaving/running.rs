//! A step in flight.

use tokio::task::JoinHandle;

use crate::error::Result;
use crate::session::{Outcome, Rows, Session};
use crate::template::Values;

/// A step that has begun and not ended.
pub(super) struct Running {
    pub task: JoinHandle<Result<Outcome>>,
    pub step: String,
    pub begun: usize,
    /// Whom it waited for when last looked at.
    pub waits_for: Vec<usize>,
    /// Whom it was ever seen to wait for.
    pub blocked_by: Vec<usize>,
    /// When it was first seen to wait, by the recorder's clock.
    pub blocked_at: Option<u64>,
}

impl Running {
    /// A step that waits for nobody yet.
    pub fn new(task: JoinHandle<Result<Outcome>>, step: String, begun: usize) -> Self {
        Self { task, step, begun, waits_for: Vec::new(), blocked_by: Vec::new(), blocked_at: None }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs a step's statements until the last or the first refusal.
pub(super) async fn in_turn(session: &Session, statements: &[(String, Values)]) -> Result<Outcome> {
    let mut outcome = Outcome::Done(Rows::default());
    for (sql, values) in statements {
        outcome = session.attempt(sql, values).await?;
        if outcome.refusal().is_some() {
            break;
        }
    }
    Ok(outcome)
}
