//! The order of the ids is not the order of the events.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// Ids that do not grow: the events are out of order.
pub const BREAK: Break = Break {
    id: "ids_descend",
    claim: "replay",
    summary: "ids that do not grow: the events are out of order",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let find = "SELECT pg_get_serial_sequence(${table}, ${id}) AS name";
    let values = Values::new().with("table", &events.table).with("id", &events.id);
    let sequence = stage.admin.must(find, &values).await?.first("name")?;
    if sequence.is_empty() {
        return Ok(Applied::Unviable(format!("no sequence gives {}.{}", events.table, events.id)));
    }
    let sql = format!("ALTER SEQUENCE {sequence} INCREMENT BY -1 RESTART WITH 1000000");
    stage.sql(&sql).await?;
    Ok(Applied::Done(sql))
}
