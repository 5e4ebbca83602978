//! A retried write that lands twice.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// On the resumed run each row of the idempotent table is written twice, the second time under another key.
pub const BREAK: Break = Break {
    id: "write_without_key",
    claim: "exactly_once_effects",
    summary: "a write is retried without its idempotency key",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let (Some(journal), Some(write)) = (&stage.subject.journal, &stage.subject.idempotency) else {
        return Ok(Applied::Unviable("no [journal] or no [idempotency]".into()));
    };
    let Some(effect) = journal.effects.iter().find(|effect| effect.table == write.table) else {
        return Ok(Applied::Unviable(format!("{} is not among journal.effects", write.table)));
    };
    let of_run = format!("({})::text = '${{run_id}}'", effect.run);
    match sabotage::write_twice(stage.admin, &write.table, &write.key_column, &of_run).await? {
        Some(script) => {
            stage.hooks.at("after_release", script);
            Ok(Applied::Done(format!("what the resumed run writes to {} is written twice", write.table)))
        }
        None => Ok(Applied::Unviable(format!("{} has no column {}", write.table, write.key_column))),
    }
}
