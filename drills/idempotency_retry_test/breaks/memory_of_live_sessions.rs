//! The key is remembered by the session that wrote it, as a cache in the caller would.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::{rewrite, sabotage};

/// Puts a memory that ends with the writing session where the unique index was.
pub const BREAK: Break = Break {
    id: "memory_of_live_sessions",
    claim: "lost_commit_reply",
    summary: "remember the key only while the session that wrote it lives",
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
        sabotage::memory_of_live_sessions(stage.admin, &table, &stage.tenant_and(&key)).await?;
    }
    Ok(dropped)
}
