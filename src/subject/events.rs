//! `[events]`: the append-only events.

use schemars::JsonSchema;
use serde::Deserialize;

/// The events table and how it is appended to, read, told and followed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Qualified table name.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The role that appends them, which is also the one that attacks them; the Worker's by default.
    #[schemars(extend("x-name" = "role"))]
    pub role: Option<String>,
    /// The column by which events are identified and ordered; `id` by default.
    #[serde(default = "default_id")]
    #[schemars(extend("x-name" = "column"))]
    pub id: String,
    /// Prepares what an event of `${run_id}` and `${tenant}` must refer to; admin runs it. Nothing by default.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"]}))]
    pub seed: Option<String>,
    /// Appends one event for `${tenant}` and `${run_id}`, as the Worker's role.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["run_id", "tenant"]}))]
    pub append: String,
    /// Settings by which the append-only rule might be got around, as statements that the role tries before an UPDATE:
    /// `SET app.maintenance = 'on'`. `SET session_replication_role = replica` is always tried.
    #[serde(default)]
    #[schemars(extend("x-sql" = {"as": "worker", "form": "script"}))]
    pub bypasses: Vec<String>,
    /// SQLSTATEs that are refusals besides 42501 and an error raised by a trigger of the table.
    #[serde(default)]
    pub refusals: Vec<String>,
    /// Presents the events of `${run_id}` as `id, text, thing, state`: what happened in plain English, and which thing
    /// (`run`, `turn 3`, `expense R1:3`) it brought into which state. An event may take several rows, or tell of no thing.
    /// It is read by a role that may read no other table.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"], "answers": ["id", "text", "thing", "state"]}))]
    pub told: Option<String>,
    /// Present the same things of `${run_id}` as `thing, state` from the tables that hold the present state; admin runs
    /// them.
    #[serde(default)]
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"], "answers": ["thing", "state"]}))]
    pub snapshot: Vec<String>,
    /// Further tables of events, each appended to and attacked as the first.
    #[serde(default)]
    pub further: Vec<EventTable>,
    /// What a follower of `${tenant}` runs, as the Worker's role: events after `${cursor}` (empty at first) as `id, cursor`,
    /// in order, a bounded number at a time or all.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["run_id", "tenant", "cursor"], "answers": ["id", "cursor"]}))]
    pub follow: Option<String>,
}

/// A further table of events.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    /// Qualified table name.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The column by which its events are identified and ordered; `id` by default.
    #[serde(default = "default_id")]
    #[schemars(extend("x-name" = "column"))]
    pub id: String,
    /// Prepares what its event must refer to, behind `events.seed`; admin runs it. Nothing by default.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"]}))]
    pub seed: Option<String>,
    /// Appends one event for `${tenant}` and `${run_id}`, as the same role.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["run_id", "tenant"]}))]
    pub append: String,
}

impl Events {
    /// Each table on its own, this one first; all of them by the same role, bypasses and refusals.
    pub fn tables(&self) -> Vec<Self> {
        let further = self.further.iter().cloned().map(|EventTable { table, id, seed, append }| Self {
            table,
            id,
            seed,
            append,
            ..self.clone()
        });
        std::iter::once(self.clone()).chain(further).collect()
    }
}

fn default_id() -> String {
    "id".into()
}
