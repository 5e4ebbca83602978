//! One tenant's key swallows another tenant's write.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

/// Replaces the unique index by one over the key alone.
pub const BREAK: Break = Break {
    id: "global_key",
    claim: "tenant_scoped",
    summary: "unique on the key alone, across tenants",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.idempotency else {
        return Ok(Applied::Unviable("no [idempotency]".into()));
    };
    for statement in &mut binding.write {
        if let Some(loose) = rewrite::with_any_conflict(statement) {
            *statement = loose;
        }
    }
    let (table, key) = (binding.table.clone(), binding.key_column.clone());
    let dropped = sabotage::drop_unique_indexes(stage.admin, &table, &key).await?;
    if matches!(dropped, Applied::Done(_)) {
        sabotage::make_unique(stage.admin, &table, &[key]).await?;
    }
    Ok(dropped)
}
