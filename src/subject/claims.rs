//! `[claims]`: how a Worker claims pending work.

use schemars::JsonSchema;
use serde::Deserialize;

/// The claim as the Worker issues it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Adds a pending row `${id}` for `${tenant}`; admin runs it.
    pub seed: String,
    /// Claims the next row for `${worker}`; answers the id in its first column, nothing when there is none.
    pub claim: String,
    /// Marks row `${id}` as done by `${worker}`.
    pub done: String,
    /// Presents the rows as `id, status, claimed_by`; status in `pending`, `claimed`, `done`.
    pub rows: String,
    /// How long a dead claimer's row stays claimed, as a Postgres interval.
    pub lease: String,
    /// Ages the claim on row `${id}` by `${interval}`; without it the drill waits for the lease.
    pub age: Option<String>,
}
