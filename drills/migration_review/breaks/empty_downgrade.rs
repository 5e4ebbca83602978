//! No way back: a downgrade that does nothing.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Replaces the downgrade by a comment.
pub const BREAK: Break = Break {
    id: "empty_downgrade",
    claim: "both_directions",
    summary: "the downgrade is a comment",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    amend.replace_down("-- There is no way back.\nSELECT 1;\n");
    amend.done("replaced the downgrade by a comment and SELECT 1")
}
