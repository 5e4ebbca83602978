//! The Worker's role is a member of the owner, whom no policy binds.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;

/// The Worker's role may become the owner, and row-level security is not forced.
pub const BREAK: Break = Break {
    id: "owner_assumable",
    claim: "forced_for_owner",
    summary: "the Worker's role may become the owner, and row-level security is not forced",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let owner = roles::owner_of(stage.admin, &tenancy.table).await?;
    stage.sql(&format!("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", tenancy.table)).await?;
    roles::grant_role(stage.admin, &owner, &stage.subject.roles.worker).await
}
