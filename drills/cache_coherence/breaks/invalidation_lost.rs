//! A write leaves the old entry where it is.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Puts the old entry back behind a write, as if it had never been deleted.
pub const BREAK: Break = Break {
    id: "invalidation_lost",
    claim: "write_invalidates",
    summary: "leave the old entry in the cache behind a write",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.cache.is_none() {
        return Ok(Applied::Unviable("no [cache]".into()));
    }
    stage.hooks.in_the_cache("written", &["RESTORE", "${entry}", "60000", "${old}", "REPLACE"]);
    Ok(Applied::Done("the old entry is restored right behind the write".into()))
}
