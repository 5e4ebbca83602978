//! `[forensics]`: four queries by run id, and failures that are known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The four queries of an engineer at night, each by `${run_id}` alone; admin runs them. Columns beyond those named
/// are welcome.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forensics {
    /// The run as `id, worker, status, started_at, finished_at, abandoned`: status in `running`, `complete`, `failed`;
    /// `abandoned` is true when it is unfinished and nobody holds it any more.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id"], "answers": ["id", "worker", "status", "started_at", "finished_at", "abandoned"]}))]
    pub run: String,
    /// Its turns with their tool calls, in order, as `ordinal, tool, status, call, sqlstate, error`: status of the turn
    /// in `open`, `done`, `failed`; `call` names the call and is NULL for a turn without one; `error` is NULL or the
    /// text of its failure, `sqlstate` that of a refusal by the database.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id"], "answers": ["ordinal", "tool", "status", "call", "sqlstate", "error"]}))]
    pub tool_calls: String,
    /// Its outbox messages grouped by status as `status, messages, what, attempts, last_error`: status in `pending`,
    /// `dispatched`, `dead`; how many, which (a text), most attempts, an error.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id"], "answers": ["status", "messages", "what", "attempts", "last_error"]}))]
    pub outbox: String,
    /// Its events in order as `id, at, kind, text`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id"], "answers": ["id", "at", "kind", "text"]}))]
    pub events: String,
    /// Adds `${rows}` events of other runs, with all the runs, turns, calls and messages that go with them; admin runs it
    /// once, without triggers and foreign keys where it may.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["rows"], "form": "script"}))]
    pub others: Option<String>,
    /// The column that links a tool call to its turn, `schema.table.column`.
    pub turn_link: Option<String>,
    /// Columns of text that hold what went wrong, `schema.table.column`.
    #[serde(default)]
    pub error_columns: Vec<String>,
    /// Ways to make a run fail, with the cause that must be named.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

/// A known way to fail. The run really fails: the Worker works it, and the relay sends its messages.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What happens.
    pub kind: FailureKind,
    /// Prepares the run `${run_id}` of `${tenant}`, after `journal.seed`, so that it fails in this way; admin runs it.
    #[serde(default)]
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"], "form": "script"}))]
    pub seed: String,
    /// Words that the named cause must contain.
    pub cause: Vec<String>,
}

/// What makes a run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A tool says no by its own rules; the seed brings it about.
    ToolError,
    /// The Worker is killed in mid-turn.
    KilledWorker,
    /// A message that the receiver refuses each time.
    PoisonOutbox,
    /// The database says no; the seed brings it about.
    RefusedWrite,
}
