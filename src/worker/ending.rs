//! Waiting until a Worker's work is done: it ends by itself, or is told to stop when its run has ended.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use super::readiness::holds;
use super::starting::wanted;
use super::{Assignment, Worker};
use crate::context::Context;
use crate::error::Result;
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
        let Assignment { run_id, tenant, .. } = worker.assignment();
        let values = Values::new().with("run_id", run_id).with("tenant", tenant);
        let condition = self.subject.journal.as_ref().and_then(|journal| journal.done_when.as_ref());
        let done = async {
            match condition {
                Some(sql) => holds(&self.cluster.superuser(), sql, &values).await,
                None => std::future::pending().await,
            }
        };
        let patience = program.timeout();
        let ended = tokio::select! {
            biased;
            ended = worker.wait_exit(patience) => match ended? {
                Some(status) => status,
                None => return Ok(None),
            },
            done = done => {
                done?;
                let signal = program.stop_signal.into();
                let stopped = worker.stop(signal, program.stop_timeout()).await?;
                return Ok(Some(asked_to_stop(program, stopped.status, signal, stopped.forced)));
            }
        };
        Ok(Some(Closed { status: ended, code: code(program, ended) }))
    }
}

fn code(program: &Program, status: ExitStatus) -> Option<i32> {
    status.code().map(|code| if program.exit_codes.contains(&code) { 0 } else { code })
}

fn asked_to_stop(program: &Program, status: ExitStatus, signal: Signal, forced: bool) -> Closed {
    let by_signal = !forced && status.signal() == Some(signal as i32);
    Closed { status, code: if by_signal { Some(0) } else { code(program, status) } }
}
