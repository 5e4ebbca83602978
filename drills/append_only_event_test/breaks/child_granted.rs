//! A child or partition has grants and triggers of its own.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// UPDATE granted on a child of the events' table.
pub const BREAK: Break = Break {
    id: "child_granted",
    claim: "upsert_merge_refused",
    summary: "UPDATE granted on a child of the events' table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    stage.sql(&format!("CREATE TABLE public.sor_gate_child () INHERITS ({})", events.table)).await?;
    grants::grant(stage.admin, "SELECT, UPDATE", "public.sor_gate_child", stage.subject.events_role()).await
}
