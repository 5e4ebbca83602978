//! A rewrite of the whole table under an exclusive lock.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::rewriting::{self, Direction};

/// Alters a column to the type that it has, by an expression, which rewrites every row.
pub const BREAK: Break = Break {
    id: "rewrites_table",
    claim: "lock_safe",
    summary: "the upgrade changes a type, which rewrites the table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let value = |column: &str, kind: &str| {
        if kind == "text" { format!("{column} || ''") } else { format!("{column} + 0") }
    };
    rewriting::rewrite(stage, Direction::Up, value).await
}
