//! A retry with another payload rewrites history.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Has a repeated key overwrite the stored row, as DO UPDATE does.
pub const BREAK: Break = Break {
    id: "overwrite_on_conflict",
    claim: "payload_conflict",
    summary: "overwrite on conflict, as DO UPDATE does",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.idempotency else {
        return Ok(Applied::Unviable("no [idempotency]".into()));
    };
    let Some(payload) = binding.echo.clone() else {
        return Ok(Applied::Unviable("no idempotency.echo names the payload's column".into()));
    };
    let (table, key) = (binding.table.clone(), binding.key_column.clone());
    sabotage::overwrite_on_conflict(stage.admin, &table, &stage.tenant_and(&key), &payload).await
}
