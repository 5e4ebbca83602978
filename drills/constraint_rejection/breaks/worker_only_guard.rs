//! The rule lives where only the Worker passes.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;
use sor_gate::subject::RuleKind;

use super::refuser;

/// Puts a check that binds the Worker alone in the place of the constraint.
pub const BREAK: Break = Break {
    id: "worker_only_guard",
    claim: "any_writer",
    summary: "check the permitted set for the Worker alone",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let refusal = refuser::find(stage, RuleKind::Set).await?;
    let Some(name) = refusal.and_then(|refusal| refusal.constraint) else {
        return Ok(Applied::Unviable("no constraint refuses a value outside of the set".into()));
    };
    sabotage::check_one_role(stage.admin, &name, &stage.subject.roles.worker).await
}
