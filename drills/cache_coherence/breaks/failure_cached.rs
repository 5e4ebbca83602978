//! What a failing load left is told as a value.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Puts an entry into the cache when a load has failed.
pub const BREAK: Break = Break {
    id: "failure_cached",
    claim: "failed_load_uncached",
    summary: "cache the outcome of a load that failed",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.cache.is_none() {
        return Ok(Applied::Unviable("no [cache]".into()));
    }
    stage.hooks.in_the_cache("load failed", &["SET", "${entry}", "failed", "EX", "60"]);
    Ok(Applied::Done("an entry is set when the load has failed".into()))
}
