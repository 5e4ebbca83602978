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
    summary: "check the values for the Worker alone",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let mut done =
        Applied::Unviable("no constraint refuses a value outside of a set or below its bound".into());
    // The check of a domain is no table's; another rule may have one that is.
    for kind in [RuleKind::Set, RuleKind::Negative] {
        let refusal = refuser::find(stage, kind).await?;
        if let Some(name) = refusal.and_then(|refusal| refusal.constraint) {
            done = sabotage::check_one_role(stage.admin, &name, &stage.subject.roles.worker).await?;
        }
        if matches!(done, Applied::Done(_)) {
            break;
        }
    }
    Ok(done)
}
