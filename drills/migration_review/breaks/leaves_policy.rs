//! A policy of the upgrade stays behind.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Makes a policy unless it is there; nothing drops it.
pub const BREAK: Break = Break {
    id: "leaves_policy",
    claim: "reverses",
    summary: "the downgrade leaves a policy",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    amend.declare(format!("table {table}")).up(&format!(
        "DO $left$ BEGIN CREATE POLICY sor_gate_left ON {table} FOR SELECT USING (false); \
         EXCEPTION WHEN duplicate_object THEN NULL; END $left$"
    ));
    amend.done(format!("added policy sor_gate_left on {table}, never dropped"))
}
