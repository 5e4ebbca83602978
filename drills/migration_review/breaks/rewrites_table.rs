//! A rewrite of the whole table under an exclusive lock.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Alters a column to the type that it has, by an expression, which rewrites every row.
pub const BREAK: Break = Break {
    id: "rewrites_table",
    claim: "lock_safe",
    summary: "the upgrade changes a type, which rewrites the table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    let Some((column, kind)) = amend.free_column(&table).await? else {
        return unviable("column that can be altered freely");
    };
    let same = if kind == "text" { format!("{column} || ''") } else { format!("{column} + 0") };
    amend.declare(format!("column {table}.{column}"));
    amend.up(&format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING {same}"));
    amend.done(format!("the upgrade rewrites {table} through {column}"))
}
