//! A rider in the open: a grant that nobody proposed.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Grants going up, and revokes going down, so that only the scope can notice.
pub const BREAK: Break = Break {
    id: "rider_grant",
    claim: "scope",
    summary: "the upgrade also grants PUBLIC the right to read the table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    amend
        .up(&format!("GRANT SELECT ON {table} TO PUBLIC"))
        .down(&format!("REVOKE SELECT ON {table} FROM PUBLIC"));
    amend.done(format!("added GRANT SELECT ON {table} TO PUBLIC"))
}
