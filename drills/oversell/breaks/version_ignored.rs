//! The order is written whatever has happened since the sale was read.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::super::variant;
use super::smaller;

/// Writes the order of the optimistic variant without comparing the version.
pub const BREAK: Break = Break {
    id: "version_ignored",
    claim: "optimistic_exact",
    summary: "order without comparing the version",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.stock else { return Ok(Applied::Unviable("no [stock]".into())) };
    smaller::crowd(binding);
    let bare = variant::unprotected(binding);
    let (Some(optimistic), Some(bare)) = (&mut binding.optimistic, bare) else {
        return Ok(Applied::Unviable(
            "no [stock.optimistic], or no order without protection is known".into(),
        ));
    };
    optimistic.order = bare;
    Ok(Applied::Done("stock.optimistic.order is issued without its comparison".into()))
}
