//! Workers see lock errors.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

/// Replaces SKIP LOCKED by NOWAIT in the claim statement.
pub const BREAK: Break = Break {
    id: "nowait",
    claim: "no_errors",
    summary: "NOWAIT instead of SKIP LOCKED",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.claims else {
        return Ok(Applied::Unviable("no [claims]".into()));
    };
    let Some(impatient) = rewrite::instead_of_skip_locked(&binding.claim, "NOWAIT") else {
        return Ok(Applied::Unviable("the claim has no SKIP LOCKED".into()));
    };
    binding.claim = impatient;
    Ok(Applied::Done("the claim is issued with NOWAIT".into()))
}
