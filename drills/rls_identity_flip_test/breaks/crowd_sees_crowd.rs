//! Tenants whose ids begin alike are taken for one.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies;
use sor_gate::stage::Stage;

/// A policy that lets tenants added later see each other.
pub const BREAK: Break = Break {
    id: "crowd_sees_crowd",
    claim: "storm",
    summary: "a policy that lets tenants added later see each other",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let Some((start, _)) = tenancy.new_tenant.split_once("${n}") else {
        return Ok(Applied::Unviable("tenancy.new_tenant has no ${n}".into()));
    };
    let start = policies::literal(&format!("{start}1"));
    let condition =
        format!("starts_with(${{context}}, {start}) AND starts_with({}::text, {start})", tenancy.column);
    policies::hole(stage.admin, tenancy, "SELECT", &condition).await
}
