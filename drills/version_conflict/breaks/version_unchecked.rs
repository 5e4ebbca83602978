//! Whoever writes last wins.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

/// Takes the comparison of the version out of every edit.
pub const BREAK: Break = Break {
    id: "version_unchecked",
    claim: "stale_write_refused",
    summary: "an edit that compares no version",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let mut changed = Vec::new();
    for table in stage.subject.versions.iter_mut().flat_map(|versions| &mut versions.tables) {
        if let Some(edit) = rewrite::for_any(&table.edit, "version") {
            table.edit = edit;
            changed.push(table.table.clone());
        }
    }
    Ok(if changed.is_empty() {
        Applied::Unviable("no versions.tables.edit compares `= ${version}`".into())
    } else {
        Applied::Done(format!("edits of {} take any version", changed.join(", ")))
    })
}
