//! A materialized view has no row-level security at all.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// A materialized view granted to the Worker's role.
pub const BREAK: Break = Break {
    id: "materialized_view",
    claim: "side_doors",
    summary: "a materialized view granted to the Worker's role",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let sql = format!("CREATE MATERIALIZED VIEW public.sor_gate_view AS SELECT * FROM {}", tenancy.table);
    stage.sql(&sql).await?;
    grants::grant(stage.admin, "SELECT", "public.sor_gate_view", &stage.subject.roles.worker).await
}
