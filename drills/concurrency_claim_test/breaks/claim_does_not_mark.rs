//! A claim leaves no mark, so that the next Worker takes the row too.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Has a trigger undo what the claim statement writes.
pub const BREAK: Break = Break {
    id: "claim_does_not_mark",
    claim: "all_interleavings",
    summary: "claim and mark in two transactions: the claim leaves no mark",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.claims else {
        return Ok(Applied::Unviable("no [claims]".into()));
    };
    sabotage::undo_updates_of(stage.admin, &binding.table, &binding.claim).await
}
