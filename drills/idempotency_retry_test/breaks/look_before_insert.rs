//! Retries at the same moment slip past each other.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

use super::in_place_of_key::drop_index;

/// Puts a look before the insert where the unique index was.
pub const BREAK: Break = Break {
    id: "look_before_insert",
    claim: "concurrent_retry",
    summary: "SELECT before INSERT instead of the unique key",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let (dropped, place) = drop_index(stage, rewrite::without_on_conflict).await?;
    if let Some(place) = place {
        sabotage::look_before_insert(stage.admin, &place.table, &stage.tenant_and(&place.key)).await?;
    }
    Ok(dropped)
}
