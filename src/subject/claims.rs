//! `[claims]`: how a Worker claims pending work.

use schemars::JsonSchema;
use serde::Deserialize;

/// The claim as the Worker issues it. Each statement runs in the tenant's context (`tenancy.set`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The table of pending work.
    pub table: String,
    /// Adds a pending row `${id}` for `${tenant}`; admin runs it.
    pub seed: String,
    /// Claims the next row for `${worker}`: the first column answers its id; no row, or a row of NULLs, when there is
    /// nothing to claim. The transaction is committed after it.
    pub claim: String,
    /// Marks row `${id}` as done by `${worker}`.
    pub done: String,
    /// Presents all rows of `${tenant}` as `id, status`; status in `pending`, `claimed`, `done`. Admin runs it.
    pub rows: String,
    /// The bound within which the row of a dead claimer becomes claimable, as a Postgres interval.
    pub lease: String,
    /// Lets the claim on row `${id}` be older by `${interval}`; admin runs it. Without it the drill waits for the bound.
    pub age: Option<String>,
}
