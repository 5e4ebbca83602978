//! A message that is written too late.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Commits behind each statement but the last, so that the outbox row has a transaction of its own.
pub const BREAK: Break = Break {
    id: "outbox_after_commit",
    claim: "atomic_with_write",
    summary: "the outbox row is written after the commit",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let context = stage.subject.tenancy.as_ref().map(|tenancy| tenancy.set.clone());
    let again = ["COMMIT".to_owned(), "BEGIN".to_owned()].into_iter().chain(context);
    let Some(outbox) = &mut stage.subject.outbox else {
        return Ok(Applied::Unviable("no [outbox]".into()));
    };
    let Some(last) = outbox.write.len().checked_sub(1).filter(|last| *last > 0) else {
        return Ok(Applied::Unviable("outbox.write is a single statement".into()));
    };
    outbox.write.splice(last..last, again);
    Ok(Applied::Done("a COMMIT before the last statement of the write".into()))
}
