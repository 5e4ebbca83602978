//! The key is remembered by the session that wrote it, as a cache in the caller would.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

use super::in_place_of_key::drop_index;

/// Puts a memory that ends with the writing session where the unique index was.
pub const BREAK: Break = Break {
    id: "memory_of_live_sessions",
    claim: "lost_commit_reply",
    summary: "remember the key only while the session that wrote it lives",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let (dropped, place) = drop_index(stage, rewrite::without_on_conflict).await?;
    if let Some(place) = place {
        sabotage::memory_of_live_sessions(stage.admin, &place.table, &stage.tenant_and(&place.key)).await?;
    }
    Ok(dropped)
}
