//! A child is read directly, past the policies of its parent.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// An inheritance child without row-level security, granted to the Worker's role.
pub const BREAK: Break = Break {
    id: "child_reachable",
    claim: "side_doors",
    summary: "an inheritance child without row-level security, granted to the Worker's role",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    let (table, bob) = (&tenancy.table, &tenancy.tenants[1]);
    let sql = format!(
        "CREATE TABLE public.sor_gate_child () INHERITS ({table}); \
         SET LOCAL session_replication_role = replica; {}; \
         WITH gone AS (DELETE FROM ONLY {table} RETURNING *) INSERT INTO public.sor_gate_child SELECT * FROM gone",
        sor_gate::template::paste(
            &tenancy.insert,
            &sor_gate::template::Values::new().with("tenant", bob).with("n", 90_001)
        )?
    );
    stage.sql(&sql).await?;
    grants::grant(stage.admin, "SELECT", "public.sor_gate_child", &stage.subject.roles.worker).await
}
