//! The role owns the events, and may drop their triggers.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;

/// The Worker's role owns the events.
pub const BREAK: Break = Break {
    id: "table_owned",
    claim: "not_owner",
    summary: "the Worker's role owns the events",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    roles::change_owner(stage.admin, &events.table, stage.subject.events_role()).await
}
