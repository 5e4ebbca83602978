//! `[events]`: the append-only events.

use schemars::JsonSchema;
use serde::Deserialize;

/// The events table and how it is appended to, read and told.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Qualified table name.
    pub table: String,
    /// Appends one event for `${tenant}` and `${run_id}` and answers its id, as the Worker's role.
    pub append: String,
    /// Presents the events of `${run_id}` as `id, kind, text`, ordered by id.
    pub rows: String,
    /// What a follower runs: events after `${cursor}` (empty at first) as `id, cursor`, in order.
    pub follow: String,
}
