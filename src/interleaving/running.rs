//! A step in flight.

use tokio::task::JoinHandle;

use super::script::Again;
use crate::error::Result;
use crate::session::{Outcome, Refusal, Rows, Session};
use crate::template::Values;

/// A step that has begun and not ended.
pub(super) struct Running {
    pub task: JoinHandle<Result<(Outcome, u32)>>,
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
    pub fn new(task: JoinHandle<Result<(Outcome, u32)>>, step: String, begun: usize) -> Self {
        Self { task, step, begun, waits_for: Vec::new(), blocked_by: Vec::new(), blocked_at: None }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs a step's statements until the last or the first refusal, and what is to be run again when it lost a race. Says how
/// many attempts that took.
pub(super) async fn in_turn(
    session: &Session,
    statements: &[(String, Values)],
    again: Option<&Again>,
) -> Result<(Outcome, u32)> {
    let mut outcome = Outcome::Done(Rows::default());
    for (sql, values) in statements {
        outcome = session.attempt(sql, values).await?;
        if outcome.refusal().is_some() {
            break;
        }
    }
    let mut made = 1;
    let Some(again) = again else { return Ok((outcome, made)) };
    while made < again.attempts && outcome.refusal().is_some_and(Refusal::lost_a_race) {
        session.attempt("ROLLBACK", &Values::new()).await?;
        outcome = whole(session, again).await?;
        made += 1;
    }
    Ok((outcome, made))
}

/// What the one statement answered whose outcome counts, or the first refusal.
async fn whole(session: &Session, again: &Again) -> Result<Outcome> {
    let mut answered = Outcome::Done(Rows::default());
    for (at, (sql, values)) in again.statements.iter().enumerate() {
        match session.attempt(sql, values).await? {
            refused @ Outcome::Refused(_) => return Ok(refused),
            done if at == again.answer => answered = done,
            Outcome::Done(_) => {}
        }
    }
    Ok(answered)
}
