//! Unique indexes and constraints.

use crate::drill::Applied;
use crate::error::{Error, Result};
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

/// Drops every index that the plan of a query searches, other than those that stand behind constraints and the spared ones.
///
/// # Errors
/// A harness error when the query cannot be planned or an index cannot be dropped.
pub async fn drop_searched_indexes(
    admin: &Session,
    query: &str,
    values: &Values,
    spared: &[String],
) -> Result<Applied> {
    let mut used = searched_indexes(admin, query, values).await?;
    used.retain(|name| !spared.contains(name));
    if used.is_empty() {
        return Ok(Applied::Unviable("the query uses no index that could be dropped".into()));
    }
    for name in &used {
        admin.script(&format!("DROP INDEX {name}"), &Values::new()).await?;
    }
    Ok(Applied::Done(format!("dropped {}", used.join(", "))))
}

/// The indexes that the plan of a query searches, other than those that stand behind constraints.
///
/// # Errors
/// A harness error when the query cannot be planned.
pub async fn searched_indexes(admin: &Session, query: &str, values: &Values) -> Result<Vec<String>> {
    let explained = admin.must(&format!("EXPLAIN (FORMAT JSON) {query}"), values).await?;
    let plan: serde_json::Value = serde_json::from_str(explained.scalar().unwrap_or_default())
        .map_err(|error| Error::harness(format!("cannot read a plan: {error}")))?;
    let mut used = Vec::new();
    index_names(&plan, &mut used);
    let mut free = Vec::new();
    for name in used {
        // That of a partition goes with the one of the whole table, and not without it.
        let find = "SELECT coalesce(pg_partition_root(i.indexrelid), i.indexrelid)::regclass::text AS name \
                    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
                    WHERE c.relname = ${name} AND NOT i.indisprimary \
                      AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)";
        free.extend(admin.must(find, &Values::new().with("name", name)).await?.all("name")?);
    }
    free.sort();
    free.dedup();
    Ok(free)
}

fn index_names(plan: &serde_json::Value, used: &mut Vec<String>) {
    match plan {
        serde_json::Value::Array(items) => items.iter().for_each(|item| index_names(item, used)),
        serde_json::Value::Object(fields) => {
            used.extend(fields.get("Index Name").and_then(|name| name.as_str()).map(str::to_owned));
            fields.values().for_each(|item| index_names(item, used));
        }
        _ => {}
    }
}
