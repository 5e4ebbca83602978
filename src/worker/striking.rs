//! A program that is stopped at a message boundary, to be struck there.

use std::time::Duration;

use super::{Killed, Worker};
use crate::context::Context;
use crate::error::Result;
use crate::fault::proxy::WireProxy;
use crate::fault::{FaultEvent, FaultKind};
use crate::recorder::Recorder;

/// A program whose wire proxy keeps a message, or which ended before it came to that.
pub struct AtPoint {
    /// The program.
    pub worker: Worker,
    proxy: WireProxy,
    held: Option<FaultEvent>,
}

impl AtPoint {
    /// Waits until the proxy, whose plan has one hold, keeps its message from the program or the server, until the program
    /// has ended, or until nothing of it happens in time.
    pub async fn reach(worker: Worker, proxy: WireProxy, deadline: Duration) -> Self {
        let held = tokio::select! {
            biased;
            fired = proxy.wait_fired(deadline) => fired.ok(),
            _ = worker.wait_exit(deadline) => None,
        };
        Self { worker, proxy, held }
    }

    /// The same of the subject's Worker, which may go on for ever.
    ///
    /// # Errors
    /// As [`Context::worker_held`].
    pub async fn reach_by_worker(
        cx: &Context,
        worker: Worker,
        proxy: WireProxy,
        deadline: Duration,
    ) -> Result<Self> {
        let held = cx.worker_held(&worker, &proxy, deadline).await?;
        Ok(Self { worker, proxy, held })
    }

    /// Whether it stands at its point.
    pub fn reached(&self) -> bool {
        self.held.is_some() && self.worker.process().ended().is_none()
    }

    /// Kills its whole process group there. With the proxy goes the connection: the message that was held never arrives.
    /// The hold and the kill are written down. Says whether the kill landed at the point.
    ///
    /// # Errors
    /// As [`Worker::kill`].
    pub async fn kill(self, recorder: &Recorder) -> Result<bool> {
        let killed = self.worker.kill().await?;
        let Self { proxy, held, .. } = self;
        recorder.faults(proxy.events());
        let landed = killed.landed() && held.is_some();
        if let (true, Some(held)) = (landed, held) {
            recorder.faults([killed.event(&format!("the wire proxy {}", held.detail))]);
        }
        Ok(landed)
    }

    /// Cuts its connection, for a server that is gone, and lets it go on; the hold is written down.
    pub fn cut(&self, recorder: &Recorder) {
        recorder.faults(self.proxy.events());
        self.proxy.cut();
    }
}

impl Killed {
    /// The kill as a fault; `meanwhile` says where the program stood.
    pub fn event(&self, meanwhile: &str) -> FaultEvent {
        let server = self.server.map(|status| format!(", its server {status}")).unwrap_or_default();
        let detail = format!("{}{server}, sent to the whole process group while {meanwhile}", self.worker);
        FaultEvent::now(FaultKind::Kill, detail)
    }
}
