//! The policies say whose rows are seen, but not whose may be written.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies::{self, Half};
use sor_gate::stage::Stage;

/// WITH CHECK (true): rows may be written for any tenant.
pub const BREAK: Break = Break {
    id: "without_with_check",
    claim: "no_cross_write",
    summary: "WITH CHECK (true): rows may be written for any tenant",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    policies::rewrite_policies(stage.admin, &tenancy.table, Half::WithCheck, |_| Some("true".into())).await
}
