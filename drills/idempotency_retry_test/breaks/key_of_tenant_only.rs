//! One write per tenant is all that ever lands.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

use super::in_place_of_key::drop_index;

/// Replaces the unique index by one that leaves the key out.
pub const BREAK: Break = Break {
    id: "key_of_tenant_only",
    claim: "other_key_lands",
    summary: "unique on the tenant alone",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let (dropped, place) = drop_index(stage, rewrite::with_any_conflict).await?;
    if let Some(place) = place {
        let columns: Vec<String> =
            stage.tenant_and(&place.key).into_iter().filter(|column| *column != place.key).collect();
        sabotage::make_unique(stage.admin, &place.table, &columns).await?;
    }
    Ok(dropped)
}
