//! A running child: its group, its end, its output.

use std::fmt;
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::watch;

use super::lines::{Lines, Waited};
use super::reap;
use crate::error::{Error, Result};

/// How long a kill or the rest of an output may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// A child in a process group of the harness's making. Dropping it kills the whole group.
pub struct Process {
    name: String,
    pid: Pid,
    group: Pid,
    run: String,
    farewell: Signal,
    status: watch::Receiver<Option<ExitStatus>>,
    stdin: Mutex<Option<ChildStdin>>,
    raw_stdout: Mutex<Option<ChildStdout>>,
    stdout: Lines,
    stderr: Lines,
}

/// How stopping politely ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// The wait status.
    pub status: ExitStatus,
    /// The deadline passed, and the group was killed.
    pub forced: bool,
}

impl Process {
    pub(super) fn watch(
        name: String,
        mut child: Child,
        group: Option<Pid>,
        farewell: Signal,
        (stdout, stderr): (Lines, Lines),
        keep_stdout: bool,
        run: &str,
    ) -> Self {
        // A child just started has not been waited for, so it has an id.
        let pid = Pid::from_raw(child.id().and_then(|id| i32::try_from(id).ok()).unwrap_or_default());
        let stdin = child.stdin.take();
        let mut raw_stdout = None;
        match child.stdout.take() {
            Some(output) if !keep_stdout => drop(tokio::spawn(stdout.clone().drain(output))),
            output => {
                raw_stdout = output;
                stdout.close();
            }
        }
        match child.stderr.take() {
            Some(output) => drop(tokio::spawn(stderr.clone().drain(output))),
            None => stderr.close(),
        }
        let (ended, status) = watch::channel(None);
        tokio::spawn(async move {
            if let Ok(status) = child.wait().await {
                ended.send_replace(Some(status));
            }
        });
        let group = group.unwrap_or(pid);
        let (stdin, raw_stdout) = (Mutex::new(stdin), Mutex::new(raw_stdout));
        Self { name, pid, group, run: run.to_owned(), farewell, status, stdin, raw_stdout, stdout, stderr }
    }

    /// The program as it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    pub(super) fn group(&self) -> Pid {
        self.group
    }

    /// The wait status once it has ended.
    pub fn ended(&self) -> Option<ExitStatus> {
        *self.status.borrow()
    }

    /// The writing end of its standard input, once.
    pub fn take_stdin(&self) -> Option<ChildStdin> {
        self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The reading end of its standard output, once, when it was started with [`super::Output::Pipe`].
    pub fn take_stdout(&self) -> Option<ChildStdout> {
        self.raw_stdout.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Its standard output.
    pub fn stdout(&self) -> &Lines {
        &self.stdout
    }

    /// Its standard error.
    pub fn stderr(&self) -> &Lines {
        &self.stderr
    }

    /// The newest `n` lines of standard error.
    pub fn last_lines(&self, n: usize) -> Vec<String> {
        self.stderr.last(n)
    }

    /// Waits for its end and for the rest of its standard error.
    ///
    /// # Errors
    /// When the system cannot tell how it ended.
    pub async fn wait(&self) -> Result<ExitStatus> {
        let mut status = self.status.clone();
        let ended = status.wait_for(Option::is_some).await.map(|ended| *ended).ok().flatten();
        let ended = ended.ok_or_else(|| {
            Error::harness(format!("cannot tell how `{}` ended", self.name)).at(format!("pid {}", self.pid))
        })?;
        // A grandchild may hold the pipe open for ever, so the wait for the last lines is a short one.
        self.stderr.closed(Duration::from_millis(100)).await;
        Ok(ended)
    }

    /// Waits for its end no longer than `deadline`; `None` when it still runs.
    ///
    /// # Errors
    /// As [`Process::wait`].
    pub async fn wait_exit(&self, deadline: Duration) -> Result<Option<ExitStatus>> {
        tokio::time::timeout(deadline, self.wait()).await.map_or(Ok(None), |ended| ended.map(Some))
    }

    /// Signals the process alone.
    ///
    /// # Errors
    /// When it may not be signalled; that it has ended already is no error.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        if self.ended().is_some() {
            return Ok(());
        }
        self.allowed(kill(self.pid, signal), signal)
    }

    /// Signals the whole group, as a terminal does.
    ///
    /// # Errors
    /// As [`Process::signal`].
    pub fn signal_group(&self, signal: Signal) -> Result<()> {
        if self.ended().is_none() {
            return self.allowed(killpg(self.group, signal), signal);
        }
        // The leader's id may be taken by now: only members that carry the run's mark are meant.
        for member in reap::members(self.group, &self.run) {
            self.allowed(kill(member, signal), signal)?;
        }
        Ok(())
    }

    fn allowed(&self, done: nix::Result<()>, signal: Signal) -> Result<()> {
        match done {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => {
                let what = format!("cannot send {signal} to `{}`: {}", self.name, errno.desc());
                Err(Error::harness(what).at(format!("pid {}", self.pid)))
            }
        }
    }

    /// Kills the whole group with SIGKILL, waits for the wait status that proves it, and until no member is left.
    ///
    /// # Errors
    /// When it may not be killed or is not gone after ten seconds.
    pub async fn kill_group(&self) -> Result<ExitStatus> {
        self.signal_group(Signal::SIGKILL)?;
        let gone = async {
            let status = self.wait().await?;
            // Members that are no children of ours send no notice when they end.
            while !reap::members(self.group, &self.run).is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok(status)
        };
        let stuck = |_| {
            Err(Error::harness(format!("`{}` survived SIGKILL", self.name)).at(format!("pid {}", self.pid)))
        };
        tokio::time::timeout(PATIENCE, gone).await.unwrap_or_else(stuck)
    }

    /// Asks it to stop with `signal`; past the deadline the group is killed.
    ///
    /// # Errors
    /// As [`Process::signal`] and [`Process::kill_group`].
    pub async fn stop(&self, signal: Signal, deadline: Duration) -> Result<Stopped> {
        self.signal(signal)?;
        match self.wait_exit(deadline).await? {
            Some(status) => Ok(Stopped { status, forced: false }),
            None => Ok(Stopped { status: self.kill_group().await?, forced: true }),
        }
    }

    /// Waits for a line of output at or after a position; an early death ends the wait at once.
    ///
    /// # Errors
    /// When it ends or the deadline passes without the line; both carry its last lines.
    pub async fn wait_line(
        &self,
        on: &Lines,
        position: u64,
        fits: impl Fn(&str) -> bool,
        deadline: Duration,
    ) -> Result<String> {
        let dead = async {
            let _ = self.wait().await;
            on.closed(Duration::from_millis(100)).await;
        };
        let fits = &fits;
        let waited = tokio::select! {
            biased;
            waited = on.wait_for(position, fits, deadline) => waited,
            () = dead => on.wait_for(position, fits, Duration::ZERO).await,
        };
        match waited {
            Waited::Line(line) => Ok(line),
            Waited::Closed if self.wait_exit(deadline).await?.is_none() => {
                Err(self.failure("closed its output before the awaited line"))
            }
            _ if self.ended().is_some() => Err(self.failure("ended early")),
            _ => Err(self.failure(&format!("printed no fitting line within {} ms", deadline.as_millis()))),
        }
    }

    /// An error about this process: what happened, how it ended, its last lines.
    pub fn failure(&self, what: &str) -> Error {
        let ended = self.ended().map(|status| format!(" with {status}")).unwrap_or_default();
        let mut last = self.stderr.last(8);
        if last.is_empty() {
            last = self.stdout.last(8);
        }
        let last = if last.is_empty() { "it printed nothing".into() } else { last.join(" | ") };
        Error::harness(format!("`{}` {what}{ended}: {last}", self.name)).at(format!("pid {}", self.pid))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() && self.farewell != Signal::SIGKILL {
            let _ = kill(self.pid, self.farewell);
            reap::await_exit(self.pid, Duration::from_secs(2));
        }
        let _ = self.signal_group(Signal::SIGKILL);
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("name", &self.name).field("pid", &self.pid()).finish_non_exhaustive()
    }
}
