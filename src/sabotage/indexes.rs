//! Unique indexes and constraints.

use crate::drill::Applied;
use crate::error::Result;
use crate::quote::quote_ident;
use crate::session::Session;
use crate::template::Values;

/// Drops every unique index or constraint (but the primary key) of `table` that covers `column`.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn drop_unique_indexes(admin: &Session, table: &str, column: &str) -> Result<Applied> {
    let find = "SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS on_table, \
                       quote_ident(c.conname) AS conname \
                FROM pg_index AS i LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype = 'u' \
                WHERE i.indrelid = ${table}::text::regclass AND i.indisunique AND NOT i.indisprimary \
                  AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = i.indrelid \
                              AND a.attname = ${column}::text AND a.attnum = ANY (i.indkey))";
    let values = Values::new().with("table", table).with("column", column);
    let found = admin.must(find, &values).await?;
    let (index, on, constraint) = (found.all("name")?, found.all("on_table")?, found.all("conname")?);
    for at in 0..index.len() {
        let drop = match constraint[at].as_str() {
            "" => format!("DROP INDEX {} CASCADE", index[at]),
            name => format!("ALTER TABLE {} DROP CONSTRAINT {name} CASCADE", on[at]),
        };
        admin.script(&drop, &Values::new()).await?;
    }
    if index.is_empty() {
        return Ok(Applied::Unviable(format!("no unique index of {table} covers {column}")));
    }
    Ok(Applied::Done(format!("dropped {}", index.join(", "))))
}

/// Makes a unique index over columns; rows that are there already and collide are left out of it.
///
/// # Errors
/// A harness error when the index cannot be made.
pub async fn make_unique(admin: &Session, table: &str, columns: &[String]) -> Result<()> {
    let list = columns.iter().map(|column| quote_ident(column)).collect::<Vec<_>>().join(", ");
    admin.script(&format!("CREATE UNIQUE INDEX ON {table} ({list})"), &Values::new()).await
}
