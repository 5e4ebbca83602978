//! A query that runs often reads a large table whole.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// Drops whatever index of its own, which the lookup does not use, the first hot query with such a one uses.
pub const BREAK: Break = Break {
    id: "hot_index_dropped",
    claim: "hot_queries",
    summary: "drop the index of a hot query",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = stage.subject.plans.as_ref().filter(|binding| !binding.hot.is_empty()) else {
        return Ok(Applied::Unviable("no [[plans.hot]]".into()));
    };
    let none = Values::new();
    let key = stage.admin.must(&binding.key, &none).await?;
    let values = Values::new().with("key", key.scalar().unwrap_or_default());
    // Without that of the lookup two claims would turn red, and which of them noticed would not be known.
    let lookup = sabotage::searched_indexes(stage.admin, &binding.lookup, &values).await?;
    for hot in &binding.hot {
        let done = sabotage::drop_searched_indexes(stage.admin, &hot.query, &none, &lookup).await?;
        if matches!(done, Applied::Done(_)) {
            return Ok(done);
        }
    }
    Ok(Applied::Unviable("no hot query uses an index of its own that could be dropped".into()))
}
