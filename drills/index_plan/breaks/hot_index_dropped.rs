//! A query that runs often reads a large table whole.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// Drops whatever index the first hot query uses.
pub const BREAK: Break = Break {
    id: "hot_index_dropped",
    claim: "hot_queries",
    summary: "drop the index of a hot query",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(hot) = stage.subject.plans.as_ref().and_then(|binding| binding.hot.first()) else {
        return Ok(Applied::Unviable("no [[plans.hot]]".into()));
    };
    sabotage::drop_searched_indexes(stage.admin, &hot.query, &Values::new()).await
}
