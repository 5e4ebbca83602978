//! An index built under a lock that stops every writer.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Builds an index going up and drops it going down.
pub const BREAK: Break = Break {
    id: "index_without_concurrently",
    claim: "lock_safe",
    summary: "the upgrade builds an index while writers wait",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    let Some((column, kind)) = amend.free_column(&table).await? else {
        return unviable("column that can be altered freely");
    };
    amend.declare(format!("table {table}"));
    amend.up(&format!("CREATE INDEX sor_gate_slow ON {table} ({column})"));
    let schema = table.split_once('.').map_or("public", |(schema, _)| schema);
    amend.down(&format!("DROP INDEX {schema}.sor_gate_slow"));
    amend.done(format!("added CREATE INDEX on {table} ({kind} {column}), not CONCURRENTLY"))
}
