//! The cache keeps nothing: every read is a miss.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Deletes the entry before each read that should hit.
pub const BREAK: Break = Break {
    id: "nothing_kept",
    claim: "hit_spares_database",
    summary: "let the cache keep nothing",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.cache.is_none() {
        return Ok(Applied::Unviable("no [cache]".into()));
    }
    stage.hooks.in_the_cache("before a hit", &["DEL", "${entry}"]);
    Ok(Applied::Done("DEL goes to the cache before each read".into()))
}
