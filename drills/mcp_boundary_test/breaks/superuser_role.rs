//! The server's role can turn into a superuser.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::stage::Stage;

/// Makes the server's role a member of a superuser, which it becomes by SET ROLE. A role that is a superuser itself is
/// bound by no policy, which would break far more than this.
pub const BREAK: Break = Break {
    id: "superuser_role",
    claim: "least_privilege",
    summary: "let the server's role become a superuser",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(role) = super::role(stage) else {
        return Ok(Applied::Unviable("no [mcp]".into()));
    };
    let superuser = stage.admin.role();
    stage.sql(&format!("GRANT {} TO {}", quote_ident(superuser), quote_ident(&role))).await?;
    Ok(Applied::Done(format!("{role} is a member of {superuser}")))
}
