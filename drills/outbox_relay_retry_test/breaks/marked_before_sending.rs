//! A message that counts as sent before it is.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// After the failed attempt the messages read as dispatched, as when they are marked first; put right before the next.
pub const BREAK: Break = Break {
    id: "marked_before_sending",
    claim: "stays_pending",
    summary: "messages are marked as dispatched before they are sent",
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
    let sent = "UPDATE presented SET status = 'dispatched' WHERE status = 'pending' AND attempts > 0";
    let pending = "UPDATE presented SET status = 'pending' WHERE last_error IS NOT NULL";
    stage.hooks.at("after_failure", sabotage::through(&outbox.rows, sent));
    stage.hooks.at("before_retry", sabotage::through(&outbox.rows, pending));
    Ok(Applied::Done("messages that failed read as dispatched".into()))
}
