//! A table dropped on the way up, without an override.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Drops a table that the upgrade has made, so that nothing else is lost.
pub const BREAK: Break = Break {
    id: "unguarded_drop",
    claim: "drop_guard",
    summary: "the upgrade drops a table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let table = "public.sor_gate_scratch";
    amend.declare(format!("table {table}"));
    amend.up(&format!("CREATE TABLE {table} (a bigint)")).up(&format!("DROP TABLE {table}"));
    amend.done(format!("added DROP TABLE {table}"))
}
