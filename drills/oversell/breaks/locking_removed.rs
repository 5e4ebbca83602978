//! Buyers take what others have taken meanwhile.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::super::variant;
use super::smaller;

/// Takes the lock out of the order.
pub const BREAK: Break = Break {
    id: "locking_removed",
    claim: "exact_stock",
    summary: "order without the lock",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.stock else { return Ok(Applied::Unviable("no [stock]".into())) };
    let Some(bare) = variant::unprotected(binding) else {
        return Ok(Applied::Unviable("no order without protection is known".into()));
    };
    smaller::crowd(binding);
    binding.unprotected = bare.clone();
    binding.locking = bare;
    Ok(Applied::Done("stock.locking is issued without its locking clauses".into()))
}
