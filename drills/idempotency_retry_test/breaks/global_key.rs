//! One tenant's key swallows another tenant's write.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

use super::in_place_of_key::drop_index;

/// Replaces the unique index by one over the key alone.
pub const BREAK: Break = Break {
    id: "global_key",
    claim: "tenant_scoped",
    summary: "unique on the key alone, across tenants",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let (dropped, place) = drop_index(stage, rewrite::with_any_conflict).await?;
    if let Some(place) = place {
        sabotage::make_unique(stage.admin, &place.table, &[place.key]).await?;
    }
    Ok(dropped)
}
