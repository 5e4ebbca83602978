//! `[claims]`: how a Worker claims pending work.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Isolation, Program};

/// The claim as the Worker issues it. Each statement runs in the tenant's context (`tenancy.set`), where there are tenants.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The table of pending work.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// Adds a pending row `${id}` for `${tenant}`; admin runs it.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["tenant", "id"]}))]
    pub seed: String,
    /// What a Worker does once before its first claim, such as to register; what it answers is `${registered}` from then on.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "worker"]}))]
    pub prelude: Option<String>,
    /// Claims the next row, or `batch` of them, for `${worker}`: the first column answers the id; no row, or a row of NULLs, when
    /// there is nothing to claim. The transaction is committed after it.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "worker", "registered"]}))]
    pub claim: String,
    /// How many rows a claim takes at most; it may answer fewer, and none more.
    #[serde(default = "default_batch")]
    #[schemars(extend("minimum" = 1, "maximum" = 1000))]
    pub batch: u32,
    /// At which isolation the transaction of the claim runs, where it is this and no lock that keeps Workers apart. Then the
    /// claim holds once it is committed, and one that ends with 40001 or 40P01 is made again, as the Worker does.
    pub isolation: Option<Isolation>,
    /// How often such a claim is tried.
    #[serde(default = "default_attempts")]
    #[schemars(extend("minimum" = 1))]
    pub max_attempts: u32,
    /// Marks row `${id}` as done by `${worker}`.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "worker", "registered", "id"]}))]
    pub done: String,
    /// Presents all rows of `${tenant}` as `id, status`; status in `pending`, `claimed`, `done`. Admin runs it.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["tenant"], "answers": ["id", "status"]}))]
    pub rows: String,
    /// The bound within which the row of a dead claimer becomes claimable, as a Postgres interval.
    pub lease: String,
    /// Lets the claim on row `${id}` be older by `${interval}`; admin runs it. Without it the drill waits for the bound.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["tenant", "id", "interval"]}))]
    pub age: Option<String>,
    /// What brings the work of dead claimers back, where claims do not take it by themselves.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "worker"]}))]
    pub rescue: Option<String>,
    /// The same as a program with the Worker's URL: a command, run as often as it takes until the bound is over, or one that goes
    /// on for ever, which is stopped once the work is back: a live Worker that does no work of this queue itself.
    pub rescue_program: Option<Program>,
}

fn default_batch() -> u32 {
    1
}

fn default_attempts() -> u32 {
    50
}
