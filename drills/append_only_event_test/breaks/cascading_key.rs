//! A foreign key acts as the table's owner: no privilege stops it.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::sabotage::triggers::{self, Fires};
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// A foreign key that deletes events along, and no trigger that refuses it.
pub const BREAK: Break = Break {
    id: "cascading_key",
    claim: "upsert_merge_refused",
    summary: "a foreign key that deletes events along, and no trigger that refuses it",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let find = "SELECT quote_ident(conname) AS name, confrelid::regclass::text AS parent, pg_get_constraintdef(oid) AS definition \
                FROM pg_constraint WHERE contype = 'f' AND conrelid = ${table}::text::regclass ORDER BY 1 LIMIT 1";
    let key = stage.admin.must(find, &Values::new().with("table", &events.table)).await?;
    if key.rows.is_empty() {
        return Ok(Applied::Unviable(format!("{} has no foreign key", events.table)));
    }
    let (name, parent) = (key.first("name")?, key.first("parent")?);
    let definition = key.first("definition")?;
    let bare = definition.split(" ON DELETE ").next().unwrap_or_default();
    let sql = format!(
        "ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {bare} ON DELETE CASCADE",
        table = events.table
    );
    stage.sql(&sql).await?;
    triggers::drop_triggers(stage.admin, &events.table, Fires::Delete).await?;
    grants::grant(stage.admin, "DELETE", &parent, stage.subject.events_role()).await?;
    Ok(Applied::Done(sql))
}
