//! A function with its owner's rights answers about any tenant.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// A SECURITY DEFINER function that counts any tenant's rows.
pub const BREAK: Break = Break {
    id: "definer_function",
    claim: "side_doors",
    summary: "a SECURITY DEFINER function that counts any tenant's rows",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let (column, table) = (&tenancy.column, &tenancy.table);
    let sql = format!(
        "CREATE FUNCTION public.sor_gate_count(whose text) RETURNS bigint STABLE SECURITY DEFINER LANGUAGE sql \
         AS $$ SELECT count(*) FROM {table} WHERE {column}::text = whose $$"
    );
    stage.sql(&sql).await?;
    grants::grant(stage.admin, "EXECUTE", "FUNCTION public.sor_gate_count(text)", &stage.subject.roles.worker)
        .await
}
