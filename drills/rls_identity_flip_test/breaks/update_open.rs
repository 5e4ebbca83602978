//! Any tenant may change any row.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// UPDATE granted, with a policy for it that compares nothing.
pub const BREAK: Break = Break {
    id: "update_open",
    claim: "no_cross_write",
    summary: "UPDATE granted, with a policy for it that compares nothing",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let granted = grants::grant(stage.admin, "UPDATE", &tenancy.table, &stage.subject.roles.worker).await?;
    let sql = format!(
        "CREATE POLICY sor_gate_update ON {} FOR UPDATE USING (true) WITH CHECK (true)",
        tenancy.table
    );
    stage.sql(&sql).await?;
    Ok(granted)
}
