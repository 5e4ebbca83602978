//! The role may add triggers to the events.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// TRIGGER granted.
pub const BREAK: Break = Break {
    id: "trigger_granted",
    claim: "not_owner",
    summary: "TRIGGER granted",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    grants::grant(stage.admin, "TRIGGER", &events.table, stage.subject.events_role()).await
}
