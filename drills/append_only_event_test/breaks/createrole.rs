//! Before PostgreSQL 16 CREATEROLE lets a role join any other that is not superuser.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::roles;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// The Worker's role has CREATEROLE.
pub const BREAK: Break = Break {
    id: "createrole",
    claim: "not_owner",
    summary: "the Worker's role has CREATEROLE",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(events) = &stage.subject.events else { return Ok(Applied::Unviable("no [events]".into())) };
    let version = stage.admin.must("SHOW server_version_num", &Values::new()).await?;
    let owner = roles::owner_of(stage.admin, &events.table).await?;
    let superuser = "SELECT rolsuper AS super FROM pg_roles WHERE rolname = ${owner}::name";
    let superuser =
        stage.admin.must(superuser, &Values::new().with("owner", &owner)).await?.flag(0, "super")?;
    if superuser || version.scalar().and_then(|text| text.parse().ok()).unwrap_or(0) >= 160_000 {
        return Ok(Applied::Unviable("CREATEROLE does not lead to the owner here".into()));
    }
    roles::give_attribute(stage.admin, stage.subject.events_role(), "CREATEROLE").await
}
