//! A policy opens every row to the first tenant.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies;
use sor_gate::stage::Stage;

/// A policy that lets the first tenant see every row.
pub const BREAK: Break = Break {
    id: "alice_sees_all",
    claim: "alice_only",
    summary: "a policy that lets the first tenant see every row",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let condition = format!("${{context}} = {}", policies::literal(&tenancy.tenants[0]));
    policies::hole(stage.admin, tenancy, "SELECT", &condition).await
}
