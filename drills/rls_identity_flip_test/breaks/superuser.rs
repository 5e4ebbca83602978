//! The Worker's role is a superuser.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;

/// The Worker's role is SUPERUSER.
pub const BREAK: Break = Break {
    id: "superuser",
    claim: "forced_for_owner",
    summary: "the Worker's role is SUPERUSER",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    roles::give_attribute(stage.admin, &stage.subject.roles.worker, "SUPERUSER").await
}
