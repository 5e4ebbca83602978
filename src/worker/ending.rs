//! Waiting until a Worker's work is done: it ends by itself, or is told to stop when its run has ended.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use super::readiness::holds;
use super::starting::wanted;
use super::{Assignment, Worker};
use crate::context::Context;
use crate::error::Result;
use crate::fault::FaultEvent;
use crate::fault::proxy::WireProxy;
use crate::process::Signal;
use crate::subject::Program;
use crate::template::Values;

/// How a Worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// The wait status.
    pub status: ExitStatus,
    /// Its exit code; 0 for one that is declared fine, and for an end by the signal that asked it to stop.
    pub code: Option<i32>,
}

impl Context {
    /// How long the subject's Worker may take.
    pub fn worker_timeout(&self) -> Duration {
        self.subject.worker.as_ref().map_or(Duration::ZERO, Program::timeout)
    }

    /// Starts the Worker and waits for its end, as [`Context::worker_closed`] does.
    ///
    /// # Errors
    /// As [`Context::start_worker`]; when it ends badly or too late, with its last lines.
    pub async fn run_worker(&self, assignment: &Assignment) -> Result<ExitStatus> {
        let worker = self.start_worker(assignment).await?;
        match self.worker_closed(&worker).await? {
            Some(Closed { status, code: Some(0) }) => {
                self.recorder.note("worker", format!("{} ended with {status}", assignment.worker));
                Ok(status)
            }
            Some(_) => Err(worker.process().failure("ended badly")),
            None => {
                let after = self.worker_timeout().as_secs();
                Err(worker
                    .process()
                    .failure(&format!("had not finished run {} after {after} s", assignment.run_id)))
            }
        }
    }

    /// Waits until a Worker has ended, or its run has, by `journal.done_when`; then it is told to stop. `None` when neither
    /// comes about within `worker.timeout_s`.
    ///
    /// # Errors
    /// When the condition cannot be asked, or the system cannot tell how it ended.
    pub async fn worker_closed(&self, worker: &Worker) -> Result<Option<Closed>> {
        let program = self.subject.worker.as_ref().ok_or_else(|| wanted("worker"))?;
        let ended = tokio::select! {
            biased;
            ended = worker.wait_exit(program.timeout()) => match ended? {
                Some(status) => status,
                None => return Ok(None),
            },
            over = self.run_over(worker) => {
                over?;
                return stop(program, worker).await.map(Some);
            }
        };
        Ok(Some(Closed { status: ended, code: code(program, ended) }))
    }

    /// Waits until a program's wire proxy keeps its message. `None` when the Worker has ended before, or nothing happens
    /// within `deadline`. Of one that goes on for ever the run may be over first: then it may say what it has to say, such as
    /// to ask for the next run, and is told to stop, since the message may be one of its last.
    ///
    /// # Errors
    /// As [`Context::worker_closed`].
    pub async fn worker_held(
        &self,
        worker: &Worker,
        proxy: &WireProxy,
        deadline: Duration,
    ) -> Result<Option<FaultEvent>> {
        /// Longer than anything pauses that still talks.
        const QUIET: Duration = Duration::from_secs(2);
        let program = self.subject.worker.as_ref().ok_or_else(|| wanted("worker"))?;
        let over = async {
            self.run_over(worker).await?;
            proxy.settled(QUIET, u64::MAX).await;
            stop(program, worker).await.map(|_| ())
        };
        tokio::select! {
            biased;
            fired = proxy.wait_fired(deadline) => Ok(fired.ok()),
            ended = worker.wait_exit(deadline) => ended.map(|_| None),
            over = over => over.map(|()| None),
        }
    }

    /// Resolves once a Worker's run has ended by `journal.done_when`; never where the subject does not say when.
    async fn run_over(&self, worker: &Worker) -> Result<()> {
        let condition = self.subject.journal.as_ref().and_then(|journal| journal.done_when.as_ref());
        let Some(sql) = condition else { return std::future::pending().await };
        let Assignment { run_id, tenant, .. } = worker.assignment();
        let values = Values::new().with("run_id", run_id).with("tenant", tenant);
        holds(&self.cluster.superuser(), sql, &values).await
    }
}

/// Tells a Worker to stop, in its own way.
async fn stop(program: &Program, worker: &Worker) -> Result<Closed> {
    let signal = program.stop_signal.into();
    let stopped = worker.stop(signal, program.stop_timeout()).await?;
    Ok(asked_to_stop(program, stopped.status, signal, stopped.forced))
}

fn code(program: &Program, status: ExitStatus) -> Option<i32> {
    status.code().map(|code| if program.exit_codes.contains(&code) { 0 } else { code })
}

fn asked_to_stop(program: &Program, status: ExitStatus, signal: Signal, forced: bool) -> Closed {
    let by_signal = !forced && status.signal() == Some(signal as i32);
    Closed { status, code: if by_signal { Some(0) } else { code(program, status) } }
}
