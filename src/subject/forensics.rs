//! `[forensics]`: four queries by run id, and failures that are known.

use schemars::JsonSchema;
use serde::Deserialize;

/// The four queries of an engineer at night, each with `${run_id}`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forensics {
    /// The run's row.
    pub run: String,
    /// Its tool calls joined to turns and runs.
    pub tool_calls: String,
    /// Its outbox rows grouped by status.
    pub outbox: String,
    /// Its events ordered by id.
    pub events: String,
    /// Ways to make a run fail, with the cause that must be named.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

/// A known way to fail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// `tool_error`, `killed_worker`, `poison_outbox`, `refused_write`.
    pub kind: String,
    /// Prepares the failing run `${run_id}` of `${tenant}`; admin runs it.
    pub seed: String,
    /// Words that the named cause must contain.
    pub cause: Vec<String>,
}
