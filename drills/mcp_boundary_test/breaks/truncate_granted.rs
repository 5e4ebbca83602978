//! The server's role may do more to a table than its tools ever do.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::stage::Stage;

/// Grants TRUNCATE on a table for which the tools do not need it.
pub const BREAK: Break = Break {
    id: "truncate_granted",
    claim: "least_privilege",
    summary: "grant the server's role TRUNCATE on a table of its tools",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let needs = stage.subject.mcp.as_ref().map(|mcp| mcp.needs.clone()).unwrap_or_default();
    let spare = needs.iter().find(|(_, list)| !list.iter().any(|one| one.eq_ignore_ascii_case("TRUNCATE")));
    let (Some(role), Some((table, _))) = (super::role(stage), spare) else {
        return Ok(Applied::Unviable("no [mcp.needs] without TRUNCATE".into()));
    };
    stage.sql(&format!("GRANT TRUNCATE ON {table} TO {}", quote_ident(&role))).await?;
    Ok(Applied::Done(format!("{role} may TRUNCATE {table}")))
}
