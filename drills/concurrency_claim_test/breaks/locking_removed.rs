//! Two Workers claim the same row.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

/// Takes FOR UPDATE SKIP LOCKED out of the claim statement, or the isolation that stands in its place.
pub const BREAK: Break = Break {
    id: "locking_removed",
    claim: "exclusive",
    summary: "take FOR UPDATE SKIP LOCKED, or its isolation, from the claim",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.claims else {
        return Ok(Applied::Unviable("no [claims]".into()));
    };
    if let (None, Some(isolation)) = (rewrite::without_locking(&binding.claim), binding.isolation.take()) {
        return Ok(Applied::Done(format!("the claim is issued without {}", isolation.sql())));
    }
    let Some(bare) = rewrite::without_locking(&binding.claim) else {
        return Ok(Applied::Unviable("the claim has no locking clause".into()));
    };
    binding.claim = bare;
    Ok(Applied::Done("the claim is issued without FOR UPDATE SKIP LOCKED".into()))
}
