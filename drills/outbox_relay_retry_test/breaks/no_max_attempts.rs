//! A message that is tried for ever.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Forgets the attempts of the poison message after each pass.
pub const BREAK: Break = Break {
    id: "no_max_attempts",
    claim: "poison_isolated",
    summary: "attempts have no end",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(outbox) = &stage.subject.outbox else {
        return Ok(Applied::Unviable("no [outbox]".into()));
    };
    if !sabotage::can_change(stage.admin, &outbox.rows, &["attempts"], &[]).await? {
        return Ok(Applied::Unviable("outbox.rows does not lead straight to columns of one table".into()));
    }
    sabotage::drop_checks(stage.admin, &outbox.table).await?;
    let forget = "UPDATE presented SET attempts = 0 WHERE dedup_key = ${key} AND status = 'pending'";
    stage.hooks.at("after_poison_pass", sabotage::through(&outbox.rows, forget));
    Ok(Applied::Done("the attempts of the poison message are forgotten".into()))
}
