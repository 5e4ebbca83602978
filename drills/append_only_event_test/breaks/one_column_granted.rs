//! A grant by column is easily overlooked.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::triggers::{self, Fires};
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// UPDATE granted on a single column, and no trigger that refuses it.
pub const BREAK: Break = Break {
    id: "one_column_granted",
    claim: "update_refused",
    summary: "UPDATE granted on a single column, and no trigger that refuses it",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let find = "SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = ${table}::text::regclass AND attnum > 0 \
                AND NOT attisdropped AND attidentity = '' AND attgenerated = '' ORDER BY attnum DESC LIMIT 1";
    let column = stage.admin.must(find, &Values::new().with("table", &events.table)).await?.first("name")?;
    let role = stage.subject.events_role();
    triggers::grant_unguarded(stage.admin, &format!("UPDATE ({column})"), &events.table, role, Fires::Update)
        .await
}
