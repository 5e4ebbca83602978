//! Another thing than was proposed: the column comes with another type.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Gives the first added column another type.
pub const BREAK: Break = Break {
    id: "other_type",
    claim: "applies",
    summary: "the upgrade adds the column with another type",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.migration.as_ref().is_none_or(|binding| binding.proposes.is_empty()) {
        return unviable("migration.proposes");
    }
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(text) = rewrite::added_column_as(amend.upgrade(), "varchar(40)") else {
        return unviable("added column in its upgrade");
    };
    amend.replace_up(text);
    amend.done("the added column is a varchar(40)")
}
