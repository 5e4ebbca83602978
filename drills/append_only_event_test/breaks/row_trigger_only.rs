//! Row triggers do not see TRUNCATE.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::triggers::{self, Fires};
use sor_gate::stage::Stage;

/// TRUNCATE granted, and no statement trigger that refuses it.
pub const BREAK: Break = Break {
    id: "row_trigger_only",
    claim: "truncate_refused",
    summary: "TRUNCATE granted, and no statement trigger that refuses it",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let role = stage.subject.events_role();
    triggers::grant_unguarded(stage.admin, "TRUNCATE", &events.table, role, Fires::Truncate).await
}
