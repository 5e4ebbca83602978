//! A view that shows no tenant tells how much another one has.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// A view of counts that reads as its owner and shows no tenant.
pub const BREAK: Break = Break {
    id: "counting_view",
    claim: "side_doors",
    summary: "a view of counts that reads as its owner and shows no tenant",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let sql = format!("CREATE VIEW public.sor_gate_view AS SELECT count(*) AS total FROM {}", tenancy.table);
    stage.sql(&sql).await?;
    grants::grant(stage.admin, "SELECT", "public.sor_gate_view", &stage.subject.roles.worker).await
}
