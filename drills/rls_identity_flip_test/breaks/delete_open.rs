//! Any tenant may delete any row, though he cannot see it.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::{grants, policies};
use sor_gate::stage::Stage;

/// DELETE granted, with a policy for it that compares nothing.
pub const BREAK: Break = Break {
    id: "delete_open",
    claim: "no_cross_write",
    summary: "DELETE granted, with a policy for it that compares nothing",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let granted = grants::grant(stage.admin, "DELETE", &tenancy.table, &stage.subject.roles.worker).await?;
    match policies::hole(stage.admin, tenancy, "DELETE", "true").await? {
        Applied::Done(_) => Ok(granted),
        unviable => Ok(unviable),
    }
}
