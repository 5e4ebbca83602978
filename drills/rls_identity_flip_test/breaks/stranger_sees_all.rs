//! Whoever names an unknown tenant sees every row.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies;
use sor_gate::stage::Stage;

/// A policy that lets a tenant who does not exist see every row.
pub const BREAK: Break = Break {
    id: "stranger_sees_all",
    claim: "unknown_sees_none",
    summary: "a policy that lets a tenant who does not exist see every row",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let condition = format!("${{context}} = {}", policies::literal(&tenancy.stranger));
    policies::hole(stage.admin, tenancy, "SELECT", &condition).await
}
