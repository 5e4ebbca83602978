//! Ids are drawn before commit: a smaller one may appear later.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// A follower that remembers the greatest id seen.
pub const BREAK: Break = Break {
    id: "naive_follow",
    claim: "commit_order_gap",
    summary: "a follower that remembers the greatest id seen",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &mut stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let (table, id) = (&events.table, &events.id);
    let naive = format!(
        "SELECT {id} AS id, {id} AS cursor FROM {table} WHERE {id} > coalesce(nullif(${{cursor}}::text, ''), \
         (SELECT {id} FROM {table} ORDER BY {id} LIMIT 1)::text)::bigint ORDER BY {id}"
    );
    events.follow = Some(naive.clone());
    Ok(Applied::Done(naive))
}
