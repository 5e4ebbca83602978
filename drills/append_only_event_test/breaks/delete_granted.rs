//! The role may delete events.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::triggers::{self, Fires};
use sor_gate::stage::Stage;

/// DELETE granted, and no trigger that refuses it.
pub const BREAK: Break = Break {
    id: "delete_granted",
    claim: "delete_refused",
    summary: "DELETE granted, and no trigger that refuses it",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let role = stage.subject.events_role();
    triggers::grant_unguarded(stage.admin, "DELETE", &events.table, role, Fires::Delete).await
}
