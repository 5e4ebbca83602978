//! What to run, with every placeholder already filled in.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::process::{Input, Launch, Output, Process, Scope};

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
}

impl WorkerCommand {
    /// A command that inherits the environment.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), inherit_env: true, ..Self::default() }
    }

    /// Starts it alone, its standard input and output as pipes in the harness's hands.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start_piped(&self, scope: &Scope) -> Result<Process> {
        self.start(scope, None, Input::Pipe, Output::Pipe).await
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
