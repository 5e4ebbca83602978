//! Columns and what guards them.

use crate::drill::Applied;
use crate::error::Result;
use crate::quote::quote_ident;
use crate::session::Session;
use crate::template::Values;

/// Lets `column` of `table` be NULL: drops NOT NULL and every check constraint that reads the column.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn make_nullable(admin: &Session, table: &str, column: &str) -> Result<Applied> {
    let find = "SELECT quote_ident(c.conname) AS name FROM pg_constraint AS c \
                JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) \
                WHERE c.conrelid = ${table}::text::regclass AND c.contype = 'c' AND a.attname = ${column}::text";
    let checks =
        admin.must(find, &Values::new().with("table", table).with("column", column)).await?.all("name")?;
    for check in &checks {
        admin.script(&format!("ALTER TABLE {table} DROP CONSTRAINT {check}"), &Values::new()).await?;
    }
    let drop = format!("ALTER TABLE {table} ALTER COLUMN {} DROP NOT NULL", quote_ident(column));
    admin.script(&drop, &Values::new()).await?;
    Ok(Applied::Done(format!("{table}.{column} takes NULL; checks dropped: {}", checks.len())))
}
