//! Fine on an empty table, refused on one with rows: a column that is NOT NULL and has no default.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::rewrite;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Makes the first added column NOT NULL.
pub const BREAK: Break = Break {
    id: "fails_on_rows",
    claim: "applies",
    summary: "the upgrade adds the column NOT NULL",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(text) = rewrite::added_column_as(amend.upgrade(), "bigint NOT NULL") else {
        return unviable("added column in its upgrade");
    };
    amend.replace_up(text);
    amend.done("the added column is NOT NULL without a default")
}
