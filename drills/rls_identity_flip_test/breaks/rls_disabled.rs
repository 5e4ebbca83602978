//! The policies are there, but nobody asks them.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies;
use sor_gate::stage::Stage;

/// Row-level security disabled on the tenants' table.
pub const BREAK: Break = Break {
    id: "rls_disabled",
    claim: "coverage",
    summary: "row-level security disabled on the tenants' table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    policies::disable_row_security(stage.admin, &tenancy.table).await
}
