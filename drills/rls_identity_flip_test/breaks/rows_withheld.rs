//! A tenant does not see all of her own rows.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies;
use sor_gate::stage::Stage;

/// A restrictive policy that withholds a tenant's rows from her.
pub const BREAK: Break = Break {
    id: "rows_withheld",
    claim: "alice_only",
    summary: "a restrictive policy that withholds a tenant's rows from her",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let alice = policies::literal(&tenancy.tenants[0]);
    let (column, table) = (&tenancy.column, &tenancy.table);
    let sql = format!(
        "CREATE POLICY sor_gate_withheld ON {table} AS RESTRICTIVE FOR SELECT \
         USING ({column}::text <> {alice} OR right(ctid::text, 2) <> '1)')"
    );
    stage.sql(&sql).await?;
    Ok(Applied::Done(sql))
}
