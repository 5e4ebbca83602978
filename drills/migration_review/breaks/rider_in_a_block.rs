//! A rider in hiding: EXECUTE in a DO block.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Comments going up, and takes it back going down.
pub const BREAK: Break = Break {
    id: "rider_in_a_block",
    claim: "scope",
    summary: "a DO block of the upgrade also comments on the table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    let comment = |text: &str| {
        format!("DO $rider$ BEGIN EXECUTE 'COMMENT ON TABLE ' || '{table} IS {text}'; END $rider$")
    };
    amend.up(&comment("''rider''")).down(&comment("NULL"));
    amend.done(format!("added a comment on {table} inside a DO block"))
}
