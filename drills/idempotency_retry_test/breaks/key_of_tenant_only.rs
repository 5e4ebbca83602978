//! One write per tenant is all that ever lands.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

/// Replaces the unique index by one that leaves the key out.
pub const BREAK: Break = Break {
    id: "key_of_tenant_only",
    claim: "other_key_lands",
    summary: "unique on the tenant alone",
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
        let columns: Vec<String> =
            stage.tenant_and(&key).into_iter().filter(|column| *column != key).collect();
        sabotage::make_unique(stage.admin, &table, &columns).await?;
    }
    Ok(dropped)
}
