//! The planner is forbidden what it would choose.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::stage::Stage;

/// Switches sequential scans off for the Worker's role.
pub const BREAK: Break = Break {
    id: "seqscan_off",
    claim: "no_switches",
    summary: "ALTER ROLE … SET enable_seqscan = off",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let role = quote_ident(&stage.subject.roles.worker);
    stage.sql(&format!("ALTER ROLE {role} SET enable_seqscan = off")).await?;
    Ok(Applied::Done(format!("{role} plans with enable_seqscan = off")))
}
