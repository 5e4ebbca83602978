//! The Worker's role owns the tenants' table and is exempt from its policies.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;

/// The Worker's role owns the table, and row-level security is not forced.
pub const BREAK: Break = Break {
    id: "owner_unforced",
    claim: "forced_for_owner",
    summary: "the Worker's role owns the table, and row-level security is not forced",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    roles::change_owner(stage.admin, &tenancy.table, &stage.subject.roles.worker).await?;
    let sql = format!("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", tenancy.table);
    stage.sql(&sql).await?;
    Ok(Applied::Done(format!("{sql}, owned by the Worker's role")))
}
