//! What is stored is executed: a trigger runs the text of a column.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Puts a trigger on the table, which executes whatever text a new row holds.
pub const BREAK: Break = Break {
    id: "text_executed",
    claim: "injection_is_data",
    summary: "execute the text of new rows in a trigger",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &stage.subject.cache else { return Ok(Applied::Unviable("no [cache]".into())) };
    sabotage::execute_new_text(stage.admin, &binding.table).await?;
    Ok(Applied::Done(format!("a trigger executes the text of new rows of {}", binding.table)))
}
