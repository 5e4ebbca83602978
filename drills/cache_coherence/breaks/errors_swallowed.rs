//! Any error of a load is told as not found.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Has a load that should fail find no row instead.
pub const BREAK: Break = Break {
    id: "errors_swallowed",
    claim: "failure_not_mapped",
    summary: "find no row where the load should fail",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &stage.subject.cache else { return Ok(Applied::Unviable("no [cache]".into())) };
    let table = &binding.table;
    let schema = table.rsplit_once('.').map(|(schema, _)| format!("{schema}.")).unwrap_or_default();
    let empty = format!(
        "CREATE TABLE {table} AS SELECT * FROM {schema}\"${{away}}\" WHERE false; GRANT SELECT ON {table} TO PUBLIC"
    );
    stage.hooks.at("table away", empty);
    stage.hooks.at("table back", format!("DROP TABLE {table}"));
    Ok(Applied::Done("an empty table takes the place of the one that is away".into()))
}
