//! `[journal]`: the run journal, presented in one canonical shape.

use schemars::JsonSchema;
use serde::Deserialize;

/// SELECTs that present the subject's own journal tables, and the conditions that steer a crash.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// Presents run `${run_id}` as `id, status, finished_at`; status in `running`, `complete`, `failed`.
    pub runs: String,
    /// Presents its turns as `ordinal, status, started_at, finished_at, digest`; status in `open`, `done`, `failed`.
    pub turns: String,
    /// How many turns a whole run has.
    pub turn_count: u32,
    /// Prepares what a run `${run_id}` of `${tenant}` works on; admin runs it.
    pub seed: Option<String>,
    /// Held open by admin so that the Worker stops in mid-turn: `LOCK TABLE expenses IN SHARE ROW EXCLUSIVE MODE`.
    pub hold: String,
    /// True when the Worker is in mid-turn and may be killed; `${run_id}`.
    pub kill_when: String,
    /// Ages the lease of run `${run_id}` by `${interval}`, so that nobody waits for it.
    pub age: Option<String>,
    /// How long a dead Worker's run stays leased, as a Postgres interval.
    pub lease: Option<String>,
    /// Exit codes of a Worker that leaves a run alone because another one holds it.
    #[serde(default)]
    pub held_exit_codes: Vec<i32>,
    /// Tables whose rows are effects; the harness keeps its own ledger of them.
    #[serde(default)]
    pub effects: Vec<Effect>,
}

/// A table whose rows are effects of turns.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Qualified table name.
    pub table: String,
    /// SQL expression over `NEW` that names the run.
    pub run: String,
    /// SQL expression over `NEW` that names the turn's ordinal.
    pub turn: String,
}
