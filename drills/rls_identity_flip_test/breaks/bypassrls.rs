//! The Worker's role bypasses row-level security.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;

/// The Worker's role is BYPASSRLS.
pub const BREAK: Break = Break {
    id: "bypassrls",
    claim: "forced_for_owner",
    summary: "the Worker's role is BYPASSRLS",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    roles::give_attribute(stage.admin, &stage.subject.roles.worker, "BYPASSRLS").await
}
