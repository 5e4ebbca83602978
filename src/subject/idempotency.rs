//! `[idempotency]`: the write that must be safe to retry.

use schemars::JsonSchema;
use serde::Deserialize;

/// The idempotent write as the Worker issues it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// The statements of one write, run in one transaction, with `${tenant}`, `${key}` and `${amount}` (an integer
    /// that differs between payloads). Its answer is that of the last statement that answers a row.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "key", "amount"]}))]
    pub write: Vec<String>,
    /// The table it writes to.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The column of the key.
    #[schemars(extend("x-name" = "column"))]
    pub key_column: String,
    /// The column of the answer that repeats the stored `${amount}`, by which a caller sees that its key was used
    /// for another payload. Without it only an error tells.
    pub echo: Option<String>,
}
