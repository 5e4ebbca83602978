//! Work is never marked as done.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Has a trigger undo what the statement writes that marks a row as done.
pub const BREAK: Break = Break {
    id: "done_does_not_mark",
    claim: "fleet",
    summary: "rows that were worked on are not marked as done",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.claims else {
        return Ok(Applied::Unviable("no [claims]".into()));
    };
    sabotage::undo_updates_of(stage.admin, &binding.table, &binding.done).await
}
