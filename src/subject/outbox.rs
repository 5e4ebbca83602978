//! `[outbox]` and `[relay]`: the transactional outbox and the program that empties it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// The outbox table and how it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// Qualified table name.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The column of the dedup key.
    #[schemars(extend("x-name" = "column"))]
    pub key_column: String,
    /// Presents all rows as `dedup_key, status, attempts, last_error, next_attempt_at`; status in `pending`,
    /// `dispatched`, `dead`; `next_attempt_at` a timestamp.
    #[schemars(extend("x-sql" = {"as": "admin", "answers": ["dedup_key", "status", "attempts", "last_error", "next_attempt_at"]}))]
    pub rows: String,
    /// The business write and its outbox row as the Worker issues them, with `${tenant}` and `${key}`: the
    /// statements of one transaction in order. BEGIN, `tenancy.set` and COMMIT are put around them.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "key"]}))]
    pub write: Vec<String>,
    /// Counts the business rows of `${key}`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["tenant", "key"]}))]
    pub business: String,
    /// Adds an outbox row for `${tenant}` with the dedup key `${key}`, as the Worker's role.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "key"]}))]
    pub insert: String,
    /// Makes every pending row due now, ageing leases and back-off; admin runs it.
    #[schemars(extend("x-sql" = {"as": "admin"}))]
    pub age: String,
}

/// The relay program. It sends to the harness's HTTP sink at `${sink_url}`, or to a sink of the subject's own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Sends what is due, and ends or goes on. The drill runs it often: let it time out soon.
    pub program: Program,
    /// The role whose URL it is given.
    #[schemars(extend("x-name" = "role"))]
    pub role: String,
    /// Header that carries the dedup key, where the sink is the harness's.
    #[serde(default = "default_header")]
    pub key_header: String,
    /// After how many attempts a row is given up.
    pub max_attempts: u32,
    /// Whether messages are promised to arrive in the order in which they were queued: then none overtakes one that fails.
    #[serde(default)]
    pub in_order: bool,
    /// What it sends to, where it speaks no HTTP.
    pub sink: Option<OwnSink>,
    /// For a relay that goes on for ever: how long it takes to send what is due, in milliseconds; then it is stopped.
    pub settle_ms: Option<u64>,
}

/// A sink of the subject's own: a broker, a mail server, a stand-in for one. Each drill starts one, and the relay reaches it at
/// `${sink_port}` of 127.0.0.1, where the harness passes on what is said and lets the network fail. Keys are told by their
/// text: what the relay sends must hold the dedup key unencrypted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnSink {
    /// Listens at `${port}` of 127.0.0.1, and appends a line to the file `${deliveries}` for each message that it takes,
    /// the second of a key too, before it answers.
    #[schemars(extend("x-with" = ["deliveries"]))]
    pub program: Program,
    /// Regular expression with a group `key` for those lines; others are passed over.
    #[schemars(extend("x-regex" = ["key"]))]
    pub pattern: String,
}

fn default_header() -> String {
    "Idempotency-Key".into()
}
