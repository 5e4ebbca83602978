//! An empty queue is an error.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Has a trigger raise an error when the claim finds no row.
pub const BREAK: Break = Break {
    id: "empty_raises",
    claim: "empty_queue",
    summary: "raise an error when there is nothing to claim",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.claims else {
        return Ok(Applied::Unviable("no [claims]".into()));
    };
    sabotage::raise_when_nothing_updated(stage.admin, &binding.table, &binding.claim).await
}
