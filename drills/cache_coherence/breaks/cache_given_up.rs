//! A cache that was down is never used again.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Deletes the entry before each read once the cache is back.
pub const BREAK: Break = Break {
    id: "cache_given_up",
    claim: "cache_returns",
    summary: "use the cache no more after an outage",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.cache.is_none() {
        return Ok(Applied::Unviable("no [cache]".into()));
    }
    stage.hooks.in_the_cache("before a hit again", &["DEL", "${entry}"]);
    Ok(Applied::Done("DEL goes to the cache before each read, once it was down".into()))
}
