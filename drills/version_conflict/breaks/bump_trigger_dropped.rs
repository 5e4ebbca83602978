//! The version grows only where the statement remembers it.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::triggers::{Fires, drop_triggers};
use sor_gate::stage::Stage;

/// Drops the triggers that raise the version.
pub const BREAK: Break = Break {
    id: "bump_trigger_dropped",
    claim: "bump_guaranteed",
    summary: "drop the trigger that raises the version",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let mut dropped = Vec::new();
    for table in stage.subject.versions.iter().flat_map(|versions| &versions.tables) {
        dropped.push(drop_triggers(stage.admin, &table.table, Fires::Update).await?);
    }
    Ok(match dropped.iter().find(|told| told.starts_with("dropped")) {
        Some(_) => Applied::Done(dropped.join("; ")),
        None => Applied::Unviable("no trigger fires on UPDATE of a versioned table".into()),
    })
}
