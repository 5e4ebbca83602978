//! Attributes and memberships of roles.

use crate::drill::Applied;
use crate::error::Result;
use crate::quote::quote_ident;
use crate::session::Session;
use crate::template::Values;

/// Gives a role an attribute: `SUPERUSER`, `BYPASSRLS`, `CREATEROLE`.
///
/// # Errors
/// A harness error when Postgres refuses.
pub async fn give_attribute(admin: &Session, role: &str, attribute: &str) -> Result<Applied> {
    run(admin, format!("ALTER ROLE {} {attribute}", quote_ident(role))).await
}

/// Makes one role a member of another.
///
/// # Errors
/// As [`give_attribute`].
pub async fn grant_role(admin: &Session, role: &str, to: &str) -> Result<Applied> {
    run(admin, format!("GRANT {} TO {}", quote_ident(role), quote_ident(to))).await
}

/// Makes a role that bypasses row-level security, which another may assume.
///
/// # Errors
/// As [`give_attribute`].
pub async fn grant_bypassing_role(admin: &Session, to: &str) -> Result<Applied> {
    let to = quote_ident(to);
    run(admin, format!("CREATE ROLE sor_gate_bypass NOLOGIN BYPASSRLS; GRANT sor_gate_bypass TO {to}")).await
}

/// Hands a table over to another owner.
///
/// # Errors
/// As [`give_attribute`].
pub async fn change_owner(admin: &Session, table: &str, role: &str) -> Result<Applied> {
    run(admin, format!("ALTER TABLE {table} OWNER TO {}", quote_ident(role))).await
}

/// The owner of a table.
///
/// # Errors
/// A harness error when there is no such table.
pub async fn owner_of(admin: &Session, table: &str) -> Result<String> {
    let ask = "SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = ${table}::text::regclass";
    admin.must(ask, &Values::new().with("table", table)).await?.first("owner")
}

async fn run(admin: &Session, sql: String) -> Result<Applied> {
    admin.script(&sql, &Values::new()).await?;
    Ok(Applied::Done(sql))
}
