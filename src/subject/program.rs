//! A program of the subject, as any command.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// A command with its environment. `${…}` may stand in every word and value: `${sor_gate}` (this binary),
/// `${database_url}`, `${tenant}`, `${run_id}`, `${worker}`, `${sink_url}`, `${folder}` (of the subject file).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Program and arguments.
    #[schemars(extend("x-word" = ["sor_gate", "folder", "database_url", "run_id", "tenant", "worker", "sink_url"]))]
    pub command: Vec<String>,
    /// Variables added to a cleared environment (PATH and HOME are kept).
    #[serde(default)]
    #[schemars(extend("x-word" = ["sor_gate", "folder", "database_url", "run_id", "tenant", "worker", "sink_url"]))]
    pub env: BTreeMap<String, String>,
    /// Working folder; the folder of the subject file by default.
    #[schemars(extend("x-path" = "folder"))]
    pub cwd: Option<PathBuf>,
    /// `mcp` connects the program's standard input and output to those of the MCP server.
    pub stdio: Option<Stdio>,
    /// How long it may take, in seconds.
    #[serde(default = "default_timeout")]
    #[schemars(extend("maximum" = 86400))]
    pub timeout_s: u64,
}

impl Program {
    /// How long it may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

/// What a program's standard input and output are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stdio {
    /// The MCP server's.
    Mcp,
}

fn default_timeout() -> u64 {
    20
}
