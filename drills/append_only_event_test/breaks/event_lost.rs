//! Somebody with the rights to do so has removed an event.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// An event of the run is missing.
pub const BREAK: Break = Break {
    id: "event_lost",
    claim: "replay",
    summary: "an event of the run is missing",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let Some(told) = &events.told else { return Ok(Applied::Unviable("no events.told".into())) };
    let (table, id) = (&events.table, &events.id);
    let sql = format!(
        "ALTER TABLE {table} DISABLE TRIGGER ALL; DELETE FROM {table} WHERE {id}::text = \
         (SELECT told.id::text FROM ({told}) AS told WHERE told.thing IS NOT NULL ORDER BY told.id DESC LIMIT 1); \
         ALTER TABLE {table} ENABLE TRIGGER ALL"
    );
    stage.hooks.at("run_ended", sql);
    Ok(Applied::Done(format!("the last event of the run is deleted from {table}")))
}
