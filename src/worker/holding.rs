//! Waiting until Workers stand still at a lock.

use std::time::Instant;

use super::Worker;
use crate::context::Context;
use crate::error::Result;

impl Context {
    /// Waits until each of the Workers is blocked by the backend `pid` or has ended, at most as long as a Worker may
    /// take, and says how many are blocked. A loaded machine is waited for; a Worker that died is not.
    ///
    /// # Errors
    /// A harness error when the server cannot be asked.
    pub async fn wait_held(&self, pid: i32, workers: &[&Worker]) -> Result<i64> {
        let deadline = Instant::now() + self.worker_timeout();
        loop {
            let alive = workers.iter().filter(|worker| worker.alive().is_ok()).count();
            let held = self.wait_blocked_by(pid, alive).await?;
            if usize::try_from(held).is_ok_and(|held| held >= alive) || Instant::now() > deadline {
                return Ok(held);
            }
        }
    }
}
