//! Sequential retries are not noticed: the unique index over the key is gone.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

use super::in_place_of_key::drop_index;

/// Drops whatever unique index covers the key, with the ON CONFLICT clauses that need it.
pub const BREAK: Break = Break {
    id: "unique_key_dropped",
    claim: "serial_retry",
    summary: "drop the unique key",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    drop_index(stage, rewrite::without_on_conflict).await.map(|(dropped, _)| dropped)
}
