//! A downgrade that rewrites what was there before.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Rewrites a column going down. ALTER TYPE does it, because row-level security may hide rows from an UPDATE.
pub const BREAK: Break = Break {
    id: "downgrade_rewrites",
    claim: "preserves_data",
    summary: "the downgrade changes the values of another column",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    let Some((column, kind)) = amend.free_column(&table).await? else {
        return unviable("column that can be altered freely");
    };
    let other = if kind == "text" { format!("left(md5({column}), 3)") } else { format!("{column} + 1") };
    amend.declare(format!("column {table}.{column}"));
    amend.down(&format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING {other}"));
    amend.done(format!("the downgrade rewrites {table}.{column}"))
}
