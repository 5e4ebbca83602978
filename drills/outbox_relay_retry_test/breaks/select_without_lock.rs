//! Relays that do not see each other.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::fault::proxy::Rewrite;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

/// Takes every locking clause out of the relay's statements on their way to the server.
pub const BREAK: Break = Break {
    id: "select_without_lock",
    claim: "two_relays",
    summary: "messages are selected without a lock",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.relay.is_none() {
        return Ok(Applied::Unviable("no [relay]".into()));
    }
    stage.hooks.on_the_wire(Rewrite::new("locking clauses taken out", rewrite::without_locking));
    Ok(Applied::Done("no FOR UPDATE SKIP LOCKED reaches the server".into()))
}
