//! `[journal]`: the run journal, presented in one canonical shape.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// SELECTs that present the subject's own journal tables, and the conditions that steer a crash.
///
/// `${run_id}` and `${tenant}` may stand in each of them. Admin runs them all.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// Presents the run as `id, status, finished_at`; status in `running`, `complete`, `failed`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"], "answers": ["id", "status", "finished_at"]}))]
    pub runs: String,
    /// Presents its turns as `ordinal, status, digest`; status in `open`, `done`, `failed`. A turn in flight may have no
    /// row. `digest` stands for everything that a finished turn must keep, for example `md5(turns::text)`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"], "answers": ["ordinal", "status", "digest"]}))]
    pub turns: String,
    /// How many turns a whole run has.
    pub turn_count: u32,
    /// Prepares what the run works on: enough for twice the work, in case it is done twice.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"]}))]
    pub seed: Option<String>,
    /// Held open by admin so that the Worker stops in mid-turn, behind at least one finished turn: `LOCK TABLE
    /// expenses IN SHARE ROW EXCLUSIVE MODE`. Several runs are held at once.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"], "form": "script"}))]
    pub hold: String,
    /// True when the Worker is in mid-turn and may be killed; by default when its backend waits for the hold.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"]}))]
    pub kill_when: Option<String>,
    /// True when the run has ended, well or not: then a Worker that goes on for ever is told to stop. By default the
    /// Worker's own end is waited for.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"]}))]
    pub done_when: Option<String>,
    /// Ages the lease of the run by `${interval}`; without it the drill waits for the lease.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant", "interval"]}))]
    pub age: Option<String>,
    /// How long a dead Worker's run stays leased, as a Postgres interval.
    pub lease: Option<String>,
    /// What brings the run of a dead Worker back once its lease is over, where a Worker that is started anew does not take it up
    /// by itself. It must not wait for `hold`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"]}))]
    pub rescue: Option<String>,
    /// The same as a command with the Worker's URL, which must end well within its `timeout_s`: run for each such run where
    /// `${run_id}` stands in it, else once for all of them.
    pub rescue_program: Option<Program>,
    /// Whether a live Worker must be running for the rescue: then it comes once the next Worker of the run is started; by
    /// default before that.
    #[serde(default)]
    pub rescue_beside_worker: bool,
    /// Exit codes of a Worker that leaves a run alone because another one holds it; 0 always counts.
    #[serde(default)]
    pub held_exit_codes: Vec<i32>,
    /// Presents the dedup keys of the messages that the run has queued, as `dedup_key`; with `[relay]` they are sent to
    /// the harness's sink and counted there.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["run_id", "tenant"], "answers": ["dedup_key"]}))]
    pub deliveries: Option<String>,
    /// What is promised of those messages where a Worker dies in mid-turn: `exactly_once` by default; with `at_least_once` there may
    /// be one more for each repeat of an effect of that guarantee.
    #[serde(default)]
    pub deliveries_guarantee: Guarantee,
    /// Tables whose rows are effects; the harness keeps its own ledger of them.
    #[serde(default)]
    pub effects: Vec<Effect>,
}

/// A table whose rows are effects of turns.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Qualified table name.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// SQL expression over `NEW` that names the run.
    #[schemars(extend("x-sql" = {"as": "admin", "form": "expression"}))]
    pub run: String,
    /// SQL expression over `NEW` that names the turn's ordinal.
    #[schemars(extend("x-sql" = {"as": "admin", "form": "expression"}))]
    pub turn: String,
    /// `INSERT` (the default) or `UPDATE`.
    pub on: Option<String>,
    /// Only rows for which this expression over `NEW` (and `OLD`, on UPDATE) holds.
    #[schemars(extend("x-sql" = {"as": "admin", "form": "expression"}))]
    pub when: Option<String>,
    /// What to call it; by default the table's name.
    pub name: Option<String>,
    /// What is promised of it where a Worker dies: `exactly_once`, the default, is as in a run without a crash; `at_least_once` lets
    /// it repeat for the turn in flight, once for each death, and for no other turn.
    #[serde(default)]
    pub guarantee: Guarantee,
}

/// How often an effect takes place where its Worker dies; that of a finished turn never takes place again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// As in a run without a crash.
    #[default]
    ExactlyOnce,
    /// Once more for each death in the midst of its turn.
    AtLeastOnce,
}

impl Effect {
    /// What to call it.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.table)
    }
}
