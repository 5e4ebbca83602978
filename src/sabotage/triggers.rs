//! Triggers.

use crate::drill::Applied;
use crate::error::Result;
use crate::session::Session;
use crate::template::Values;

/// Bits of `pg_trigger.tgtype` (`src/include/catalog/pg_trigger.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fires {
    /// On DELETE.
    Delete = 8,
    /// On UPDATE.
    Update = 16,
    /// On TRUNCATE.
    Truncate = 32,
}

/// Drops the triggers of a table that fire on an event; says which, `no trigger` where there is none.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn drop_triggers(admin: &Session, table: &str, fires: Fires) -> Result<String> {
    let find = "SELECT quote_ident(tgname) AS name FROM pg_trigger \
                WHERE tgrelid = ${table}::text::regclass AND NOT tgisinternal AND tgtype & ${bit}::int2 <> 0";
    let values = Values::new().with("table", table).with("bit", fires as i16);
    let names = admin.must(find, &values).await?.all("name")?;
    for name in &names {
        admin.script(&format!("DROP TRIGGER {name} ON {table}"), &Values::new()).await?;
    }
    Ok(if names.is_empty() { "no trigger".into() } else { format!("dropped {}", names.join(", ")) })
}

/// Grants a privilege on a table to a role, and drops the triggers that would still refuse its use.
///
/// # Errors
/// As [`drop_triggers`].
pub async fn grant_unguarded(
    admin: &Session,
    privilege: &str,
    table: &str,
    role: &str,
    fires: Fires,
) -> Result<Applied> {
    let dropped = drop_triggers(admin, table, fires).await?;
    Ok(match super::grants::grant(admin, privilege, table, role).await? {
        Applied::Done(granted) => Applied::Done(format!("{granted}; {dropped}")),
        unviable => unviable,
    })
}
