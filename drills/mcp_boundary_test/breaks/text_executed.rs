//! What is stored is executed later: a trigger runs the text of a column.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Puts a trigger on a table that the tools write to, which executes whatever text a new row holds.
pub const BREAK: Break = Break {
    id: "text_executed",
    claim: "no_smuggling",
    summary: "execute the text of new rows in a trigger",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let needs = stage.subject.mcp.as_ref().map(|mcp| mcp.needs.clone()).unwrap_or_default();
    let written = needs.iter().filter(|(_, list)| list.iter().any(|one| one.eq_ignore_ascii_case("INSERT")));
    let mut done = Vec::new();
    for (table, _) in written {
        sabotage::execute_new_text(stage.admin, table).await?;
        done.push(table.as_str());
    }
    if done.is_empty() {
        return Ok(Applied::Unviable("no [mcp.needs] with INSERT".into()));
    }
    Ok(Applied::Done(format!("triggers execute the text of new rows of {}", done.join(", "))))
}
