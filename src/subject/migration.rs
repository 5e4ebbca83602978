//! `[migration]`: the migration proposed for release.

use schemars::JsonSchema;
use serde::Deserialize;

/// The proposed migration; it is left out of the schema that the other drills run on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// File name without `.up.sql`, for example `0008_expense_notes`.
    pub proposed: String,
    /// Name of the scratch branch (a database of its own) on which it is tried.
    pub branch: String,
    /// Objects that it may touch, as `kind identity`: `column public.expenses.notes`.
    pub scope: Vec<String>,
    /// Longest time in milliseconds that it may keep a concurrent reader or writer waiting.
    #[serde(default = "default_lock_wait_ms")]
    pub lock_wait_ms: u64,
}

fn default_lock_wait_ms() -> u64 {
    1_000
}
