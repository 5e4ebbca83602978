//! `[outbox]` and `[relay]`: the transactional outbox and the program that empties it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// The outbox table.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// Qualified table name.
    pub table: String,
    /// Presents the rows as `id, dedup_key, status, attempts, last_error, next_attempt_at`;
    /// status in `pending`, `dispatched`, `dead`.
    pub rows: String,
    /// The business write and the outbox row in one transaction, with `${tenant}`, `${key}`: statements in order.
    pub write: Vec<String>,
    /// Counts the business rows of `${key}`.
    pub business: String,
    /// Adds an outbox row for `${tenant}` with `${dedup_key}`, as the Worker's role.
    pub insert: String,
    /// Makes every pending row due now, ageing leases and back-off; admin runs it.
    pub age: Option<String>,
}

/// The relay program. `${sink_url}` and `${database_url}` may stand in its words.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Sends what is due and exits.
    pub program: Program,
    /// The role whose URL it is given.
    pub role: String,
    /// Header that carries the dedup key.
    #[serde(default = "default_header")]
    pub key_header: String,
    /// After how many attempts a row is given up.
    pub max_attempts: u32,
}

fn default_header() -> String {
    "Idempotency-Key".into()
}
