//! The role may become the owner of the events.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;

/// The Worker's role is a member of the owner.
pub const BREAK: Break = Break {
    id: "owner_granted",
    claim: "not_owner",
    summary: "the Worker's role is a member of the owner",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let owner = roles::owner_of(stage.admin, &events.table).await?;
    roles::grant_role(stage.admin, &owner, stage.subject.events_role()).await
}
