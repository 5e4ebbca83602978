//! A grant of the upgrade stays behind.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Grants going up, declared in the scope; nothing takes it back.
pub const BREAK: Break = Break {
    id: "leaves_grant",
    claim: "reverses",
    summary: "the downgrade leaves a grant",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    amend.declare(format!("table {table}")).up(&format!("GRANT TRUNCATE ON {table} TO PUBLIC"));
    amend.done(format!("added GRANT TRUNCATE ON {table} TO PUBLIC, never revoked"))
}
