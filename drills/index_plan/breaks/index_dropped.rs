//! The lookup reads the whole table.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// Drops whatever index the lookup uses.
pub const BREAK: Break = Break {
    id: "index_dropped",
    claim: "point_lookup",
    summary: "drop the index of the lookup",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &stage.subject.plans else { return Ok(Applied::Unviable("no [plans]".into())) };
    let key = stage.admin.must(&binding.key, &Values::new()).await?;
    let values = Values::new().with("key", key.scalar().unwrap_or_default());
    sabotage::drop_searched_indexes(stage.admin, &binding.lookup, &values, &[]).await
}
