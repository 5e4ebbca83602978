//! Sequential retries are not noticed: the unique index over the key is gone.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Drops whatever unique index covers the key, with the ON CONFLICT clauses that need it.
pub const BREAK: Break = Break {
    id: "unique_key_dropped",
    claim: "serial_retry",
    summary: "drop the unique key",
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
    sabotage::drop_unique_indexes(stage.admin, &binding.table, &binding.key_column).await
}
