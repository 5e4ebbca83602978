//! The role may silence ordinary triggers.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// SET of session_replication_role granted.
pub const BREAK: Break = Break {
    id: "replica_allowed",
    claim: "not_owner",
    summary: "SET of session_replication_role granted",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let version = stage.admin.must("SHOW server_version_num", &Values::new()).await?;
    if events.table.is_empty() || version.scalar().and_then(|text| text.parse().ok()).unwrap_or(0) < 150_000 {
        return Ok(Applied::Unviable("SET cannot be granted before PostgreSQL 15".into()));
    }
    grants::grant(stage.admin, "SET", "PARAMETER session_replication_role", stage.subject.events_role()).await
}
