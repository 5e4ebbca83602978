//! The drill's own server crashes and comes back.

use super::Context;
use crate::error::{Error, Result};
use crate::fault::{FaultEvent, FaultKind};

/// What the server says when it finds that it was not shut down.
const RECOVERED: [&str; 2] = ["was not properly shut down", "was interrupted"];

impl Context {
    /// Stops the drill's server at once, as a crash does, starts it again and waits for the end of its recovery. Every
    /// session is lost. The event's proof is what the server itself says of its recovery.
    ///
    /// # Errors
    /// When the server is somebody else's ([`crate::postgres::Cluster::may_crash`]), does not come up again, or comes up
    /// as if it had been shut down in order: then there was no crash.
    pub async fn crash_server(&self, meanwhile: &str) -> Result<FaultEvent> {
        let log = self.cluster.log();
        let from = log.map_or(0, |log| log.position());
        self.cluster.crash().await?;
        self.recorder.note("server", format!("CRASHED while {meanwhile}"));
        self.cluster.restart().await?;
        let said = log.map_or_else(Vec::new, |log| log.since(from));
        let recovered =
            said.into_iter().rev().find(|line| RECOVERED.iter().any(|words| line.message.contains(words)));
        let recovered = recovered.ok_or_else(|| {
            Error::harness("the server was stopped, and says nothing of a recovery: it did not crash")
        })?;
        self.recorder.note("server", "recovered, and accepts connections again");
        let detail = format!("stopped at once while {meanwhile}; then it said: {}", recovered.message);
        let event = FaultEvent::now(FaultKind::ServerCrash, detail);
        self.recorder.faults([event.clone()]);
        Ok(event)
    }
}
