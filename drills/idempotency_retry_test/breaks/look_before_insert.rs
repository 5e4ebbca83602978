//! Retries at the same moment slip past each other.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

/// Puts a look before the insert where the unique index was.
pub const BREAK: Break = Break {
    id: "look_before_insert",
    claim: "concurrent_retry",
    summary: "SELECT before INSERT instead of the unique key",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.idempotency else {
        return Ok(Applied::Unviable("no [idempotency]".into()));
    };
    for statement in &mut binding.write {
        if let Some(bare) = rewrite::without_on_conflict(statement) {
            *statement = bare;
        }
    }
    let (table, key) = (binding.table.clone(), binding.key_column.clone());
    let dropped = sabotage::drop_unique_indexes(stage.admin, &table, &key).await?;
    if matches!(dropped, Applied::Done(_)) {
        sabotage::look_before_insert(stage.admin, &table, &stage.tenant_and(&key)).await?;
    }
    Ok(dropped)
}
