//! What is nowhere is an error of the server.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::fault::proxy::Rewrite;
use sor_gate::stage::Stage;

use super::super::instance::loads;

/// Has each load raise an error when it finds no row.
pub const BREAK: Break = Break {
    id: "no_row_raises",
    claim: "not_found_mapped",
    summary: "raise an error when a load finds no row",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = stage.subject.cache.clone() else {
        return Ok(Applied::Unviable("no [cache]".into()));
    };
    let raising = move |sql: &str| {
        let load = sql.trim().trim_end_matches(';');
        loads(&binding, sql).then(|| {
            format!(
                "WITH sor_gate AS MATERIALIZED ({load}) SELECT * FROM sor_gate \
                 WHERE (SELECT 1 / count(*) FROM sor_gate) IS NOT NULL"
            )
        })
    };
    stage.hooks.on_the_wire(Rewrite::new("no row raises", raising));
    Ok(Applied::Done("loads divide by the number of rows that they find".into()))
}
