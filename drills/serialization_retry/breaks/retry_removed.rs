//! A transaction that is tried once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::fault::proxy::Rewrite;
use sor_gate::rewrite::begins;
use sor_gate::stage::Stage;

use super::super::FORCED;

/// The second transaction and all that follow are refused for a reason that no retry mends.
pub const BREAK: Break = Break {
    id: "retry_removed",
    claim: "fresh_snapshot",
    summary: "no second attempt",
    apply: |stage| Box::pin(apply(stage)),
};

const REFUSE: &str = "DO $sor_gate$ BEGIN RAISE EXCEPTION 'there is no second attempt'; END $sor_gate$";

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let begun = Arc::new(AtomicUsize::new(0));
    let refuse = move |sql: &str| (begins(sql) && begun.fetch_add(1, Relaxed) > 0).then(|| REFUSE.to_owned());
    stage.hooks.on_the_wire_in(FORCED, Rewrite::new("no second attempt", refuse));
    Ok(Applied::Done("the second transaction of the program is refused".into()))
}
