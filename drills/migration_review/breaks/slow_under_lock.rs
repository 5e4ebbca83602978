//! A lock that is held too long.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Locks the table and dawdles; the bound is lowered to 50 ms so that the break is quick.
pub const BREAK: Break = Break {
    id: "slow_under_lock",
    claim: "lock_safe",
    summary: "the upgrade keeps its exclusive lock longer than the bound",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    amend.declare(format!("table {table}")).bound(50);
    amend
        .up(&format!("COMMENT ON TABLE {table} IS NULL"))
        .up(&format!("LOCK TABLE {table}"))
        .up("SELECT pg_sleep(0.15)");
    amend.done(format!("the upgrade holds {table} for 150 ms, with a bound of 50 ms"))
}
