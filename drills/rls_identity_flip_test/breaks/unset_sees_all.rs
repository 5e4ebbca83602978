//! Nobody is everybody: a connection on which no tenant was ever set sees every row.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies;
use sor_gate::stage::Stage;

/// A policy that treats a tenant never set as all tenants.
pub const BREAK: Break = Break {
    id: "unset_sees_all",
    claim: "unset_sees_none",
    summary: "a policy that treats a tenant never set as all tenants",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    policies::hole(stage.admin, tenancy, "SELECT", "${context} IS NULL").await
}
