//! A message that stays pending for ever.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// After the attempt that succeeds the messages read as pending, as when nobody marks them.
pub const BREAK: Break = Break {
    id: "never_marked",
    claim: "dispatched_once",
    summary: "a message that was sent is not marked",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(outbox) = &stage.subject.outbox else {
        return Ok(Applied::Unviable("no [outbox]".into()));
    };
    if !sabotage::can_change(stage.admin, &outbox.rows, &["status"], &[]).await? {
        return Ok(Applied::Unviable("outbox.rows does not lead straight to columns of one table".into()));
    }
    sabotage::drop_checks(stage.admin, &outbox.table).await?;
    let pending = "UPDATE presented SET status = 'pending' WHERE status = 'dispatched'";
    stage.hooks.at("after_retry", sabotage::through(&outbox.rows, pending));
    let dispatched = "UPDATE presented SET status = 'dispatched' WHERE status = 'pending'";
    stage.hooks.at("before_kills", sabotage::through(&outbox.rows, dispatched));
    Ok(Applied::Done("messages that were sent read as pending".into()))
}
