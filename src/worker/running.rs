//! A running Worker, alone or linked by real pipes to the server whose tools it uses.

use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::assignment::Assignment;
use super::command::WorkerCommand;
use super::readiness;
use crate::error::{Error, Result};
use crate::fault::proxy::WireProxy;
use crate::process::{Input, Output, Process, Scope, Signal, Stopped};

/// A Worker and, when it is linked, its server. Dropping it kills both.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    server: Option<Process>,
    proxy: Option<Arc<WireProxy>>,
    assignment: Assignment,
}

/// The proof of a kill: the wait status of each process of the group that the harness started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Killed {
    /// The Worker's.
    pub worker: ExitStatus,
    /// The linked server's.
    pub server: Option<ExitStatus>,
}

impl Killed {
    /// Whether the Worker was still running and SIGKILL ended it. When not, the kill came too late.
    pub fn landed(&self) -> bool {
        std::os::unix::process::ExitStatusExt::signal(&self.worker) == Some(Signal::SIGKILL as i32)
    }
}

impl Worker {
    /// Starts a program alone.
    ///
    /// # Errors
    /// When it cannot be started. A program that is not there shows as an early exit with code 127.
    pub async fn start(scope: &Scope, command: &WorkerCommand) -> Result<Self> {
        Ok(Self::of(command.start(scope, None, Input::Null, Output::Lines).await?))
    }

    /// A program that was started in another way.
    pub(super) fn of(process: Process) -> Self {
        Self { process, server: None, proxy: None, assignment: Assignment::default() }
    }

    /// Starts `server`, waits until it is up, and starts a program in the same process group, so that one SIGKILL takes
    /// both.
    ///
    /// # Errors
    /// As [`Worker::start`]; when the server does not come up, its last lines.
    pub async fn start_beside(
        scope: &Scope,
        command: &WorkerCommand,
        server: &WorkerCommand,
    ) -> Result<Self> {
        let server = server.start_alone(scope).await?;
        let process = command.start(scope, Some(&server), Input::Null, Output::Lines).await?;
        Ok(Self { server: Some(server), ..Self::of(process) })
    }

    /// Starts a program whose standard input and output are connected to the output and input of `server`, both in one
    /// process group, so that one SIGKILL takes both.
    ///
    /// # Errors
    /// As [`Worker::start`]; when the server ends before the Worker has begun, its last lines.
    pub async fn start_linked(
        scope: &Scope,
        command: &WorkerCommand,
        server: &WorkerCommand,
    ) -> Result<Self> {
        let pipe =
            || std::io::pipe().map_err(|error| Error::environment(format!("no pipe to be had: {error}")));
        let ((questions, ask), (answers, answer)) = (pipe()?, pipe()?);
        let (questions, answer) = (OwnedFd::from(questions), OwnedFd::from(answer));
        let server = server.start(scope, None, Input::Fd(questions), Output::Fd(answer)).await?;
        let (input, output) = (Input::Fd(OwnedFd::from(answers)), Output::Fd(OwnedFd::from(ask)));
        match command.start(scope, Some(&server), input, output).await {
            Ok(process) => Ok(Self { server: Some(server), ..Self::of(process) }),
            // The group is gone with its leader.
            Err(error) => match server.wait_exit(Duration::from_millis(100)).await? {
                Some(_) => Err(server.failure("ended early")),
                None => Err(error),
            },
        }
    }

    /// Keeps the wire proxy that it was started behind for as long as it lives.
    #[must_use]
    pub(super) fn behind(self, proxy: Option<Arc<WireProxy>>) -> Self {
        Self { proxy, ..self }
    }

    /// Keeps what it was started for.
    #[must_use]
    pub(super) fn on(self, assignment: &Assignment) -> Self {
        Self { assignment: assignment.clone(), ..self }
    }

    /// What it was started for.
    pub(super) fn assignment(&self) -> &Assignment {
        &self.assignment
    }

    /// The wire proxy that a break put before it.
    pub fn proxy(&self) -> Option<&WireProxy> {
        self.proxy.as_deref()
    }

    /// The Worker's own process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The linked server's process.
    pub fn server(&self) -> Option<&Process> {
        self.server.as_ref()
    }

    /// Waits for a line of output of either kind; of a linked Worker only standard error is there to be read.
    ///
    /// # Errors
    /// When it ends first, with its exit code and last lines, or the deadline passes.
    pub async fn ready(&self, fits: impl Fn(&str) -> bool, deadline: Duration) -> Result<String> {
        readiness::line(&self.process, fits, deadline).await
    }

    /// Waits for the Worker's end; `None` when it still runs at the deadline.
    ///
    /// # Errors
    /// When the system cannot tell how it ended.
    pub async fn wait_exit(&self, deadline: Duration) -> Result<Option<ExitStatus>> {
        self.process.wait_exit(deadline).await
    }

    /// Waits for the Worker to end well, with code 0 or one of `fine`.
    ///
    /// # Errors
    /// When it ends otherwise, with its exit code and last lines, or still runs at the deadline.
    pub async fn finish(&self, fine: &[i32], deadline: Duration) -> Result<ExitStatus> {
        match self.wait_exit(deadline).await? {
            Some(status) if status.success() => Ok(status),
            Some(status) if status.code().is_some_and(|code| fine.contains(&code)) => Ok(status),
            Some(_) => Err(self.process.failure("ended badly")),
            None => Err(self.process.failure(&format!("still ran after {} ms", deadline.as_millis()))),
        }
    }

    /// Whether it has ended, as an error with its exit code and last lines; for whoever waits for something else.
    ///
    /// # Errors
    /// When it has ended.
    pub fn alive(&self) -> Result<()> {
        self.process.ended().map_or(Ok(()), |_| Err(self.process.failure("ended early")))
    }

    /// Kills the whole group with one SIGKILL and waits for the wait statuses that prove it.
    ///
    /// # Errors
    /// When a process may not be killed or is not gone after ten seconds.
    pub async fn kill(&self) -> Result<Killed> {
        let worker = self.process.kill_group().await?;
        let server = match &self.server {
            Some(server) => Some(server.kill_group().await?),
            None => None,
        };
        Ok(Killed { worker, server })
    }

    /// Asks the Worker to stop; past the deadline the group is killed. A linked server is left to see its input end.
    ///
    /// # Errors
    /// As [`Worker::kill`].
    pub async fn stop(&self, signal: Signal, deadline: Duration) -> Result<Stopped> {
        self.process.stop(signal, deadline).await
    }

    /// Freezes the whole group (SIGSTOP): a zombie in the making.
    ///
    /// # Errors
    /// When it may not be signalled.
    pub fn pause(&self) -> Result<()> {
        self.process.signal_group(Signal::SIGSTOP)
    }

    /// Lets a frozen group go on (SIGCONT).
    ///
    /// # Errors
    /// When it may not be signalled.
    pub fn resume(&self) -> Result<()> {
        self.process.signal_group(Signal::SIGCONT)
    }
}
