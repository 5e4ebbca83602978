//! Claims queue up behind each other.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

/// Takes SKIP LOCKED out of the claim statement.
pub const BREAK: Break = Break {
    id: "skip_locked_removed",
    claim: "no_wait",
    summary: "take SKIP LOCKED out of the claim",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.claims else {
        return Ok(Applied::Unviable("no [claims]".into()));
    };
    let Some(waiting) = rewrite::instead_of_skip_locked(&binding.claim, "") else {
        return Ok(Applied::Unviable("the claim has no SKIP LOCKED".into()));
    };
    binding.claim = waiting;
    Ok(Applied::Done("the claim is issued without SKIP LOCKED".into()))
}
