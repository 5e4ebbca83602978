//! A dedup key that is made anew for each attempt.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Gives the message another dedup key between the attempt whose relay was killed and the next.
pub const BREAK: Break = Break {
    id: "new_key_per_attempt",
    claim: "dedup_on_redelivery",
    summary: "each attempt carries a new dedup key",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(outbox) = &stage.subject.outbox else {
        return Ok(Applied::Unviable("no [outbox]".into()));
    };
    if !sabotage::can_change(stage.admin, &outbox.rows, &["dedup_key"], &[]).await? {
        return Ok(Applied::Unviable("outbox.rows does not lead straight to columns of one table".into()));
    }
    let renamed = "UPDATE presented SET dedup_key = dedup_key || ':2' WHERE dedup_key = ${key}";
    stage.hooks.at("after_relay_kill", sabotage::through(&outbox.rows, renamed));
    Ok(Applied::Done("the message has another key when it is sent again".into()))
}
