//! The Worker's role may become one that bypasses row-level security.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;

/// The Worker's role is a member of a role with BYPASSRLS.
pub const BREAK: Break = Break {
    id: "bypass_assumable",
    claim: "forced_for_owner",
    summary: "the Worker's role is a member of a role with BYPASSRLS",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    roles::grant_bypassing_role(stage.admin, &stage.subject.roles.worker).await
}
