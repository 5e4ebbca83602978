//! Any tenant may empty the table for all.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::grants;
use sor_gate::stage::Stage;

/// TRUNCATE granted, which no policy stops.
pub const BREAK: Break = Break {
    id: "truncate_granted",
    claim: "no_cross_write",
    summary: "TRUNCATE granted, which no policy stops",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else { return Ok(Applied::Unviable("no [tenancy]".into())) };
    // CASCADE asks for the privilege on every table that refers to this one.
    let owner = stage.subject.roles.worker.as_str();
    let referring = "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint \
                     WHERE contype = 'f' AND confrelid = ${table}::text::regclass";
    let values = sor_gate::template::Values::new().with("table", &tenancy.table);
    for table in stage.admin.must(referring, &values).await?.all("name")? {
        grants::grant(stage.admin, "TRUNCATE", &table, owner).await?;
    }
    grants::grant(stage.admin, "TRUNCATE", &tenancy.table, owner).await
}
