//! Tool calls are journaled without the turn that they belong to.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Empties the column that links a new tool call to its turn.
pub const BREAK: Break = Break {
    id: "calls_unlinked",
    claim: "four_queries",
    summary: "journal tool calls without their turn",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let link = stage.subject.forensics.as_ref().and_then(|binding| binding.turn_link.clone());
    let Some((table, column)) = link.as_deref().and_then(|link| link.rsplit_once('.')) else {
        return Ok(Applied::Unviable("no forensics.turn_link".into()));
    };
    sabotage::empty_column(stage.admin, table, column).await?;
    Ok(Applied::Done(format!("a trigger empties {column} in new rows of {table}")))
}
