//! A single conflict is seen, and many are not.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::fault::proxy::Rewrite;
use sor_gate::rewrite::at_read_committed;
use sor_gate::stage::Stage;

use super::super::CROWD;

/// Among many writers every transaction begins at READ COMMITTED.
pub const BREAK: Break = Break {
    id: "crowd_unprotected",
    claim: "total_reconciles",
    summary: "READ COMMITTED under load",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    stage.hooks.on_the_wire_in(CROWD, Rewrite::new("isolation lowered under load", at_read_committed));
    Ok(Applied::Done("under load transactions begin at READ COMMITTED".into()))
}
