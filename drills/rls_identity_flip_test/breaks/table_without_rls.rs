//! A migration forgets row-level security on a new table.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// A new table with the tenant column and no row-level security.
pub const BREAK: Break = Break {
    id: "table_without_rls",
    claim: "coverage",
    summary: "a new table with the tenant column and no row-level security",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let sql = format!(
        "CREATE TABLE public.sor_gate_forgotten AS SELECT {} FROM {} LIMIT 0",
        tenancy.column, tenancy.table
    );
    stage.sql(&sql).await?;
    Ok(Applied::Done(sql))
}
