//! A simple view passes updates on to its table, as its owner.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::sabotage::triggers::{self, Fires};
use sor_gate::stage::Stage;

/// A view over the events that may be updated, and no trigger that refuses it.
pub const BREAK: Break = Break {
    id: "updatable_view",
    claim: "upsert_merge_refused",
    summary: "a view over the events that may be updated, and no trigger that refuses it",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let dropped = triggers::drop_triggers(stage.admin, &events.table, Fires::Update).await?;
    stage.sql(&format!("CREATE VIEW public.sor_gate_view AS SELECT * FROM {}", events.table)).await?;
    grants::grant(stage.admin, "SELECT, UPDATE", "public.sor_gate_view", stage.subject.events_role()).await?;
    Ok(Applied::Done(format!("UPDATE granted on a view over {}; {dropped}", events.table)))
}
