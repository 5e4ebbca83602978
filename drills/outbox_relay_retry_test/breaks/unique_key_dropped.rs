//! A dedup key that two messages may have.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Drops whatever unique index covers the dedup key, with the ON CONFLICT clauses that need it.
pub const BREAK: Break = Break {
    id: "unique_key_dropped",
    claim: "dedup_key_unique",
    summary: "drop the unique key",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(outbox) = &mut stage.subject.outbox else {
        return Ok(Applied::Unviable("no [outbox]".into()));
    };
    for statement in outbox.write.iter_mut().chain([&mut outbox.insert]) {
        if let Some(bare) = rewrite::without_on_conflict(statement) {
            *statement = bare;
        }
    }
    sabotage::drop_unique_indexes(stage.admin, &outbox.table, &outbox.key_column).await
}
