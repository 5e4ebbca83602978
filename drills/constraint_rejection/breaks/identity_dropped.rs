//! Ids come from a sequence that any insert may pass by.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Puts a plain default in the place of the identity.
pub const BREAK: Break = Break {
    id: "identity_dropped",
    claim: "generated_ids",
    summary: "a default in place of the identity",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &stage.subject.constraints else {
        return Ok(Applied::Unviable("no [constraints]".into()));
    };
    sabotage::default_for_identity(stage.admin, &binding.table, &binding.id_column).await
}
