//! The breaks of drill 9, one file each.

mod calls_unlinked;
mod condition_missing;
mod error_not_journaled;
mod index_dropped;
mod wrong_error_journaled;

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    error_not_journaled::BREAK,
    wrong_error_journaled::BREAK,
    index_dropped::BREAK,
    calls_unlinked::BREAK,
    condition_missing::BREAK,
];

/// Writes a text over every error that is journaled.
async fn overwrite_errors(stage: &Stage<'_>, text: &str) -> Result<Applied> {
    let columns = stage.subject.forensics.as_ref().map(|binding| binding.error_columns.clone());
    let columns = columns.unwrap_or_default();
    for name in &columns {
        if let Some((table, column)) = name.rsplit_once('.') {
            sabotage::overwrite_text(stage.admin, table, column, text).await?;
        }
    }
    if columns.is_empty() {
        return Ok(Applied::Unviable("no forensics.error_columns".into()));
    }
    Ok(Applied::Done(format!("triggers write {text:?} over {}", columns.join(", "))))
}
