//! A view without security_invoker shows what its owner may see.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// A view that reads as its owner, granted to the Worker's role.
pub const BREAK: Break = Break {
    id: "definer_view",
    claim: "side_doors",
    summary: "a view that reads as its owner, granted to the Worker's role",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let sql = format!("CREATE VIEW public.sor_gate_view AS SELECT * FROM {}", tenancy.table);
    stage.sql(&sql).await?;
    grants::grant(stage.admin, "SELECT", "public.sor_gate_view", &stage.subject.roles.worker).await
}
