//! What was filled is never forgotten.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Takes the time to live from the entry that a miss has filled.
pub const BREAK: Break = Break {
    id: "entry_kept_for_ever",
    claim: "miss_fills",
    summary: "fill without a time to live",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.cache.is_none() {
        return Ok(Applied::Unviable("no [cache]".into()));
    }
    stage.hooks.in_the_cache("filled", &["PERSIST", "${entry}"]);
    Ok(Applied::Done("PERSIST goes to the cache right behind the fill".into()))
}
