//! A step in flight.

use tokio::task::JoinHandle;

use crate::error::Result;
use crate::session::Outcome;

/// A step that has begun and not ended.
pub(super) struct Running {
    pub task: JoinHandle<Result<Outcome>>,
    pub step: String,
    pub begun: usize,
    /// Whom it waited for when last looked at.
    pub waits_for: Vec<usize>,
    /// Whom it was ever seen to wait for.
    pub blocked_by: Vec<usize>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
