//! A default of the upgrade stays behind.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Sets the default of another column going up; nothing takes it back.
pub const BREAK: Break = Break {
    id: "leaves_default",
    claim: "reverses",
    summary: "the downgrade leaves a default",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    let Some((column, kind)) = amend.free_column(&table).await? else {
        return unviable("column that can be altered freely");
    };
    let value = if kind == "text" { "'left behind'" } else { "7" };
    amend.declare(format!("column {table}.{column}"));
    amend.up(&format!("ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {value}"));
    amend.done(format!("added a default on {table}.{column}, never dropped"))
}
