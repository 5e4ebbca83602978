//! The run's events are found by reading all of them.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// Drops the indexes that the events query searches.
pub const BREAK: Break = Break {
    id: "index_dropped",
    claim: "at_scale",
    summary: "drop the index by which a run's events are found",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &stage.subject.forensics else {
        return Ok(Applied::Unviable("no [forensics]".into()));
    };
    sabotage::drop_searched_indexes(stage.admin, &binding.events, &Values::new().with("run_id", "any"), &[])
        .await
}
