//! A write without a key lands, and its retry too.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Drops NOT NULL from the key column.
pub const BREAK: Break = Break {
    id: "key_nullable",
    claim: "key_required",
    summary: "the key column takes NULL",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.idempotency else {
        return Ok(Applied::Unviable("no [idempotency]".into()));
    };
    sabotage::make_nullable(stage.admin, &binding.table, &binding.key_column).await
}
