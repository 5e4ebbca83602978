//! What to run, with every placeholder already filled in.

use std::path::PathBuf;

use super::readiness::Readiness;
use crate::error::{Error, Result};
use crate::process::{Input, Launch, Output, Process, Scope, Signal};
use crate::subject::StopSignal;

/// A program of the system under test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Environment variables on top of what it inherits.
    pub env: Vec<(String, String)>,
    /// Whether it inherits the harness's environment; with `false` it gets only `env` and PATH.
    pub inherit_env: bool,
    /// Variables it must not inherit, such as `DATABASE_URL`.
    pub remove_env: Vec<String>,
    /// The working folder; the harness's own when `None`.
    pub cwd: Option<PathBuf>,
    /// What tells that it is up.
    pub ready: Option<Readiness>,
    /// The port that it was given.
    pub port: Option<u16>,
    /// The URL at which it serves MCP; over its standard streams when `None`.
    pub serves: Option<String>,
}

impl WorkerCommand {
    /// A command that inherits the environment.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), inherit_env: true, ..Self::default() }
    }

    /// Starts it alone, its standard input and output as pipes in the harness's hands.
    ///
    /// # Errors
    /// When it cannot be started, or does not come up.
    pub async fn start_piped(&self, scope: &Scope) -> Result<Process> {
        let process = self.start(scope, None, Input::Pipe, Output::Pipe).await?;
        self.up(&process).await?;
        Ok(process)
    }

    /// Starts it alone, reading nothing, its outputs kept as lines.
    ///
    /// # Errors
    /// When it cannot be started, or does not come up.
    pub async fn start_alone(&self, scope: &Scope) -> Result<Process> {
        let process = self.start(scope, None, Input::Null, Output::Lines).await?;
        self.up(&process).await?;
        Ok(process)
    }

    /// Waits until it is up, where something tells that.
    pub(super) async fn up(&self, process: &Process) -> Result<()> {
        match &self.ready {
            Some(ready) => ready.of(process).await,
            None => Ok(()),
        }
    }

    /// Starts it with the given streams; standard error is always kept as lines.
    pub(super) async fn start(
        &self,
        scope: &Scope,
        group_of: Option<&Process>,
        stdin: Input,
        stdout: Output,
    ) -> Result<Process> {
        let (program, args) = self.argv.split_first().ok_or_else(|| Error::usage("an empty command"))?;
        let inherited = std::env::vars_os().filter(|(name, _)| {
            let removed = self.remove_env.iter().any(|gone| name == gone.as_str());
            (self.inherit_env || name == "PATH") && !removed
        });
        let mut launch = Launch::new(program).args(args).clear_env().envs(inherited);
        launch = launch.envs(self.env.iter().map(|(name, value)| (name, value))).stdin(stdin).stdout(stdout);
        if let Some(folder) = &self.cwd {
            launch = launch.cwd(folder);
        }
        if let Some(leader) = group_of {
            launch = launch.join_group(leader);
        }
        launch.spawn(scope).await
    }
}

impl From<StopSignal> for Signal {
    fn from(signal: StopSignal) -> Self {
        match signal {
            StopSignal::Term => Self::SIGTERM,
            StopSignal::Int => Self::SIGINT,
            StopSignal::Quit => Self::SIGQUIT,
            StopSignal::Hup => Self::SIGHUP,
        }
    }
}
