//! The server's role is left out of the log.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::stage::Stage;

/// Switches statement logging off for the server's role, which outranks the database's own setting (manual, 20.1.3).
pub const BREAK: Break = Break {
    id: "log_off",
    claim: "log_silence",
    summary: "switch the statement log off for the server's role",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(role) = super::role(stage) else {
        return Ok(Applied::Unviable("no [mcp]".into()));
    };
    stage.sql(&format!("ALTER ROLE {} SET log_statement = 'none'", quote_ident(&role))).await?;
    Ok(Applied::Done(format!("log_statement is none for {role}")))
}
