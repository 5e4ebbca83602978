//! The role may not append.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// INSERT revoked.
pub const BREAK: Break = Break {
    id: "insert_revoked",
    claim: "insert_allowed",
    summary: "INSERT revoked",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    grants::revoke(stage.admin, "INSERT", &events.table, stage.subject.events_role()).await
}
