//! Commands of a migration tool, run to their end.

use std::process::ExitStatus;

use tokio::io::AsyncReadExt;

use super::{WorkerCommand, dialect};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::migration::{Script, Sending};
use crate::postgres::{Cluster, ConnectInfo};
use crate::process::{Input, Output, Scope};
use crate::subject::Subject;
use crate::template::{self, Values};

/// What a command printed, or its last words when it ended badly.
pub type Told = Result<String, String>;

/// As whom the migration tool connects: the owner of the schema, else the admin. Over TCP where the server listens.
pub fn address(subject: &Subject, cluster: &Cluster, database: &str) -> ConnectInfo {
    let admin = cluster.superuser().user;
    let role = subject.roles.owner.as_deref().unwrap_or(&admin);
    cluster.tcp_info(role, database).unwrap_or_else(|| cluster.connect_info(role, database))
}

impl Context {
    /// Lets the migration tool run a script on a database, where the script is the tool's to run; `None` where it is SQL.
    ///
    /// # Errors
    /// As [`tool`].
    pub async fn migrate(&self, database: &str, script: &Script) -> Result<Option<Told>> {
        let Sending::Command(words) = &script.sending else { return Ok(None) };
        if let Some(owner) = &self.subject.roles.owner {
            self.cluster.admit(owner).await?;
        }
        let address = address(&self.subject, &self.cluster, database);
        tool(&self.scope, &self.subject, &address, words, Values::new()).await.map(Some)
    }
}

/// Runs a command of `database.commands` with its placeholders filled; `${database_url}` leads to `address`.
///
/// # Errors
/// When it cannot be started, does not end in time, or a placeholder is unknown.
pub async fn tool(
    scope: &Scope,
    subject: &Subject,
    address: &ConnectInfo,
    words: &[String],
    values: Values,
) -> Result<Told> {
    let commands = subject
        .database
        .commands
        .as_ref()
        .ok_or_else(|| Error::harness("there are no commands of a migration tool"))?;
    let values = dialect::spoken(values, address, commands.url_scheme.as_deref());
    let values = values.with("folder", subject.folder.display());
    let fill = |word: &String| template::fill(word, &values);
    let mut env = Vec::new();
    for (name, value) in &commands.env {
        env.push((name.clone(), fill(value)?));
    }
    if let Ok(home) = std::env::var("HOME") {
        env.push(("HOME".into(), home));
    }
    let command = WorkerCommand {
        argv: words.iter().map(fill).collect::<Result<_>>()?,
        env,
        cwd: Some(subject.migrations_folder()),
        ..WorkerCommand::default()
    };
    let process = command.start(scope, None, Input::Null, Output::Pipe).await?;
    let mut output = process.take_stdout().ok_or_else(|| Error::harness("a command without an output"))?;
    let work = async {
        let mut printed = Vec::new();
        // A tool that prints without end is stopped by its time, and costs no more memory than this.
        (&mut output).take(64 << 20).read_to_end(&mut printed).await.map_err(|error| {
            Error::environment(format!("cannot read what a command prints: {error}")).at(process.name())
        })?;
        Ok::<(Vec<u8>, ExitStatus), Error>((printed, process.wait().await?))
    };
    let (printed, status) = tokio::time::timeout(commands.timeout(), work).await.map_err(|_| {
        Error::usage(format!("a migration command did not end within {} s", commands.timeout_s))
            .at(command.argv.join(" "))
            .fix("raise database.commands.timeout_s")
    })??;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    if status.success() {
        return Ok(Ok(printed));
    }
    let last = process.last_lines(5).join(" / ");
    Ok(Err(format!("`{}` ended with {status}: {last}", command.argv.join(" "))))
}
