//! Privileges.

use crate::drill::Applied;
use crate::error::Result;
use crate::quote::quote_ident;
use crate::session::Session;
use crate::template::Values;

/// Grants privileges (`UPDATE`, `SELECT, INSERT`) on a table, view or `FUNCTION f()` to a role.
///
/// # Errors
/// A harness error when Postgres refuses.
pub async fn grant(admin: &Session, privileges: &str, object: &str, role: &str) -> Result<Applied> {
    run(admin, format!("GRANT {privileges} ON {object} TO {}", quote_ident(role))).await
}

/// Revokes privileges on a table from a role, of every column too.
///
/// # Errors
/// As [`grant`].
pub async fn revoke(admin: &Session, privileges: &str, object: &str, role: &str) -> Result<Applied> {
    let role = quote_ident(role);
    let mut sql = format!("REVOKE {privileges} ON {object} FROM {role}, PUBLIC");
    let columns = "SELECT string_agg(quote_ident(attname), ', ') AS columns FROM pg_attribute \
                   WHERE attrelid = ${table}::text::regclass AND attnum > 0 AND NOT attisdropped";
    let columns = admin.must(columns, &Values::new().with("table", object)).await?.first("columns")?;
    sql.push_str(&format!("; REVOKE {privileges} ({columns}) ON {object} FROM {role}, PUBLIC"));
    run(admin, sql).await
}

async fn run(admin: &Session, sql: String) -> Result<Applied> {
    admin.script(&sql, &Values::new()).await?;
    Ok(Applied::Done(sql))
}
