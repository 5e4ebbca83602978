//! What to start and how: program, arguments, environment, account, streams.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::process::Command;

use super::child::Process;
use super::lines::Lines;
use super::scope::Scope;
use super::{RUN_MARK, spawner};
use crate::error::{Error, Result};

/// The user and group a child runs as, when the harness runs as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Numeric user id.
    pub uid: u32,
    /// Numeric group id; supplementary groups are dropped.
    pub gid: u32,
}

/// Where a child's standard input comes from.
#[derive(Debug, Default)]
pub enum Input {
    /// Nothing: end of file at once.
    #[default]
    Null,
    /// A pipe whose other end is [`Process::take_stdin`].
    Pipe,
    /// A descriptor, such as the reading end of a pipe to another child.
    Fd(OwnedFd),
}

/// Where a child's standard output or error goes.
#[derive(Debug, Default)]
pub enum Output {
    /// Thrown away.
    Null,
    /// Drained into lines, of which the newest are kept.
    #[default]
    Lines,
    /// Drained into the given lines.
    Into(Lines),
    /// A pipe whose other end is [`Process::take_stdout`]; for standard error it is the same as `Lines`.
    Pipe,
    /// A descriptor, such as the writing end of a pipe to another child.
    Fd(OwnedFd),
}

/// A child about to be started, in a process group of its own and bound to the harness's life.
#[derive(Debug)]
pub struct Launch {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    inherit_env: bool,
    cwd: Option<PathBuf>,
    account: Option<Account>,
    group: Option<Pid>,
    death_signal: Signal,
    stdin: Input,
    stdout: Output,
    stderr: Output,
}

impl Launch {
    /// A program by path, or by name to be looked up in the child's PATH. It inherits the environment unless told
    /// otherwise, reads nothing, and both outputs are kept as lines.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            inherit_env: true,
            cwd: None,
            account: None,
            group: None,
            death_signal: Signal::SIGKILL,
            stdin: Input::default(),
            stdout: Output::default(),
            stderr: Output::default(),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets environment variables.
    #[must_use]
    pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, env: impl IntoIterator<Item = (K, V)>) -> Self {
        self.env.extend(env.into_iter().map(|(k, v)| (k.as_ref().to_owned(), v.as_ref().to_owned())));
        self
    }

    /// Hands on nothing of the harness's own environment; only what [`Launch::envs`] sets and the run's mark.
    #[must_use]
    pub fn clear_env(mut self) -> Self {
        self.inherit_env = false;
        self
    }

    /// The working folder.
    #[must_use]
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cwd = Some(folder.into());
        self
    }

    /// Drops to another account first (`None`: stays).
    #[must_use]
    pub fn account(mut self, account: Option<Account>) -> Self {
        self.account = account;
        self
    }

    /// Joins the group of a running process instead of leading one.
    #[must_use]
    pub fn join_group(mut self, of: &Process) -> Self {
        self.group = Some(of.group());
        self
    }

    /// What the child gets when the harness dies or drops it; SIGKILL unless told otherwise.
    #[must_use]
    pub fn death_signal(mut self, signal: Signal) -> Self {
        self.death_signal = signal;
        self
    }

    /// Standard input.
    #[must_use]
    pub fn stdin(mut self, input: Input) -> Self {
        self.stdin = input;
        self
    }

    /// Standard output.
    #[must_use]
    pub fn stdout(mut self, output: Output) -> Self {
        self.stdout = output;
        self
    }

    /// Standard error.
    #[must_use]
    pub fn stderr(mut self, output: Output) -> Self {
        self.stderr = output;
        self
    }

    /// Starts it. A program that cannot be executed shows as an early exit with code 127 and a line on standard error.
    ///
    /// # Errors
    /// When the working folder is missing, or the system starts no more processes.
    pub async fn spawn(self, scope: &Scope) -> Result<Process> {
        let name = self.program.to_string_lossy().into_owned();
        if let Some(folder) = self.cwd.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Error::environment(format!(
                "cannot start `{name}`: its working folder does not exist"
            ))
            .at(folder.display()));
        }
        let mut command = Command::new(scope.exe());
        command.arg0("sor-gate").args(super::bound::arguments(self.death_signal, self.account));
        command.arg("--").arg(&self.program).args(&self.args);
        if !self.inherit_env {
            command.env_clear();
        }
        command.envs(self.env).env(RUN_MARK, scope.id());
        if let Some(folder) = self.cwd {
            command.current_dir(folder);
        }
        command.process_group(self.group.map_or(0, Pid::as_raw)).kill_on_drop(true);
        command.stdin(match self.stdin {
            Input::Null => Stdio::null(),
            Input::Pipe => Stdio::piped(),
            Input::Fd(fd) => fd.into(),
        });
        let keep_stdout = matches!(self.stdout, Output::Pipe);
        let (stdout, out) = sink(self.stdout);
        let (stderr, err) = sink(self.stderr);
        command.stdout(stdout).stderr(stderr);
        let child = spawner::spawn(command).await.map_err(|error| {
            Error::environment(format!("cannot start `{name}`: {error}")).at(scope.exe().display())
        })?;
        Ok(Process::watch(name, child, self.group, self.death_signal, (out, err), keep_stdout, scope.id()))
    }
}

/// What one output of a child is connected to, and the lines it is drained into.
fn sink(output: Output) -> (Stdio, Lines) {
    let kept = || Lines::bounded(256 * 1024, 16 * 1024);
    match output {
        Output::Null => (Stdio::null(), kept()),
        Output::Lines | Output::Pipe => (Stdio::piped(), kept()),
        Output::Into(lines) => (Stdio::piped(), lines),
        Output::Fd(fd) => (fd.into(), kept()),
    }
}
