//! A program of the subject, as any command.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// A command with its environment. In every word, value and file may stand `${sor_gate}` (this binary), `${folder}` (of the
/// subject file), `${tenant}`, `${run_id}`, `${worker}`, `${sink_url}` and its `${sink_port}`, `${port}` (a free one), `${mcp_url}` (of an MCP server
/// over HTTP, which then is started beside it), `${files}` (a folder with `files` in it), and the database in the dialect
/// that the program speaks: `${database_url}`, `${database_dsn}` (`host=… port=… user=…`) or `${pg_host}`, `${pg_port}`,
/// `${pg_user}`, `${pg_password}`, `${pg_database}`. A section may
/// add to them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Program and arguments.
    #[schemars(extend("x-word" = WORDS))]
    pub command: Vec<String>,
    /// Variables added to a cleared environment (PATH and HOME are kept). What must be the same before and after a restart,
    /// such as an executor's id, stands here as a constant; `${worker}` differs from one start to the next.
    #[serde(default)]
    #[schemars(extend("x-word" = WORDS))]
    pub env: BTreeMap<String, String>,
    /// Files that it reads, by name, written for each start: `"app.ini" = "[db]\nurl = ${database_url}"`.
    #[serde(default)]
    #[schemars(extend("x-word" = WORDS))]
    pub files: BTreeMap<String, String>,
    /// How it wants `${database_url}` to begin, such as `postgresql+psycopg://`; `postgresql://` by default.
    pub url_scheme: Option<String>,
    /// Working folder; the folder of the subject file by default.
    #[schemars(extend("x-path" = "folder"))]
    pub cwd: Option<PathBuf>,
    /// `mcp` connects the program's standard input and output to those of the MCP server.
    pub stdio: Option<Stdio>,
    /// What tells that it is up; by default it counts as up once it runs.
    pub ready: Option<Ready>,
    /// Exit codes that are as good as 0.
    #[serde(default)]
    pub exit_codes: Vec<i32>,
    /// The signal by which it is told to stop, where it does not end by itself.
    #[serde(default)]
    pub stop_signal: StopSignal,
    /// How long it may take to stop, in seconds; then it is killed.
    #[serde(default = "default_stop")]
    #[schemars(extend("maximum" = 3600))]
    pub stop_s: u64,
    /// How long it may take, in seconds.
    #[serde(default = "default_timeout")]
    #[schemars(extend("maximum" = 86400))]
    pub timeout_s: u64,
}

/// The placeholders of a program's words.
const WORDS: [&str; 17] = [
    "sor_gate",
    "folder",
    "database_url",
    "run_id",
    "tenant",
    "worker",
    "sink_url",
    "sink_port",
    "port",
    "mcp_url",
    "files",
    "database_dsn",
    "pg_host",
    "pg_port",
    "pg_user",
    "pg_password",
    "pg_database",
];

impl Program {
    /// How long it may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }

    /// How long it may take to stop.
    pub fn stop_timeout(&self) -> Duration {
        Duration::from_secs(self.stop_s)
    }

    /// Whether a placeholder stands in its words, its variables or its files.
    pub fn uses(&self, placeholder: &str) -> bool {
        let mut texts = self.command.iter().chain(self.env.values()).chain(self.files.values());
        texts.any(|text| crate::template::word_names(text).iter().any(|name| name == placeholder))
    }
}

/// What a program's standard input and output are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stdio {
    /// The MCP server's.
    Mcp,
}

/// What tells that a program is up; of several all must. A program that ends first is not waited for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// A line of either output fits this regular expression.
    #[schemars(extend("x-regex" = []))]
    pub line: Option<String>,
    /// Something listens at this port of 127.0.0.1: `${port}`.
    #[schemars(extend("x-word" = ["port"]))]
    pub port: Option<String>,
    /// True once it is up; admin runs it.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant", "worker"]}))]
    pub sql: Option<String>,
    /// The deadline, in seconds.
    #[serde(default = "default_timeout")]
    #[schemars(extend("maximum" = 3600))]
    pub within_s: u64,
}

/// A signal that asks a program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StopSignal {
    /// SIGTERM.
    #[default]
    Term,
    /// SIGINT, as Ctrl-C sends it.
    Int,
    /// SIGQUIT.
    Quit,
    /// SIGHUP.
    Hup,
}

fn default_stop() -> u64 {
    10
}

fn default_timeout() -> u64 {
    20
}
