//! An index of the upgrade stays behind.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Builds an index unless it is there; nothing drops it. The linter is told that the table is small.
pub const BREAK: Break = Break {
    id: "leaves_index",
    claim: "reverses",
    summary: "the downgrade leaves an index",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    let Some((column, kind)) = amend.free_column(&table).await? else {
        return unviable("column that can be altered freely");
    };
    amend.declare(format!("table {table}")).up(&format!(
        "-- squawk-ignore require-concurrent-index-creation\n\
         CREATE INDEX IF NOT EXISTS sor_gate_left ON {table} ({column})"
    ));
    amend.done(format!("added index sor_gate_left on {table} ({kind} {column}), never dropped"))
}
