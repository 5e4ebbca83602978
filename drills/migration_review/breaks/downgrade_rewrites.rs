//! A downgrade that rewrites what was there before.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::rewriting::{self, Direction};

/// Rewrites a column going down.
pub const BREAK: Break = Break {
    id: "downgrade_rewrites",
    claim: "preserves_data",
    summary: "the downgrade changes the values of another column",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let value = |column: &str, kind: &str| {
        if kind == "text" { format!("left(md5({column}), 3)") } else { format!("{column} + 1") }
    };
    rewriting::rewrite(stage, Direction::Down, value).await
}
