//! Read, compute and write at READ COMMITTED.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::fault::proxy::Rewrite;
use sor_gate::rewrite::at_read_committed;
use sor_gate::stage::Stage;

/// Every transaction begins at READ COMMITTED, whatever it asks for.
pub const BREAK: Break = Break {
    id: "isolation_lowered",
    claim: "conflict_refused",
    summary: "READ COMMITTED in place of SERIALIZABLE",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    stage.hooks.on_the_wire(Rewrite::new("isolation lowered", at_read_committed));
    Ok(Applied::Done("transactions begin at READ COMMITTED".into()))
}
