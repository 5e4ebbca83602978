//! The policies let every row through.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies::{self, Half};
use sor_gate::stage::Stage;

/// Policies rewritten to USING (true).
pub const BREAK: Break = Break {
    id: "policy_using_true",
    claim: "coverage",
    summary: "policies rewritten to USING (true)",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    policies::rewrite_policies(stage.admin, &tenancy.table, Half::Using, |_| Some("true".into())).await
}
