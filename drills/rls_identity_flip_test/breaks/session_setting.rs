//! The tenant outlives its transaction on a pooled connection.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies;
use sor_gate::stage::Stage;

/// The tenant is set for the session, not for the transaction.
pub const BREAK: Break = Break {
    id: "session_setting",
    claim: "pool_leak",
    summary: "the tenant is set for the session, not for the transaction",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &mut stage.subject.tenancy else {
        return Ok(Applied::Unviable("no [tenancy]".into()));
    };
    Ok(policies::keep_context(tenancy))
}
