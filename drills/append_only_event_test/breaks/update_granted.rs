//! The role may update events.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::triggers::{self, Fires};
use sor_gate::stage::Stage;

/// UPDATE granted, and no trigger that refuses it.
pub const BREAK: Break = Break {
    id: "update_granted",
    claim: "update_refused",
    summary: "UPDATE granted, and no trigger that refuses it",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let role = stage.subject.events_role();
    triggers::grant_unguarded(stage.admin, "UPDATE", &events.table, role, Fires::Update).await
}
