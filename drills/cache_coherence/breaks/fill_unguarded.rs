//! A slow fill heeds no write that came in between.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Fills with the old value behind the write, as a SET without a condition does.
pub const BREAK: Break = Break {
    id: "fill_unguarded",
    claim: "no_stale_fill",
    summary: "fill whatever was written meanwhile",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.cache.is_none() {
        return Ok(Applied::Unviable("no [cache]".into()));
    }
    stage.hooks.in_the_cache("late fill", &["RESTORE", "${entry}", "60000", "${old}", "REPLACE"]);
    Ok(Applied::Done("the slow fill goes out without its condition".into()))
}
