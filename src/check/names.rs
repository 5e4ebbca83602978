//! Roles, tables and columns that the file names.

use tokio_postgres::Client;

use crate::error::Result;
use crate::subject::{Named, Problem, catalog_name, suggest};

/// The roles of the server.
pub(super) async fn roles(admin: &Client) -> Result<Vec<String>> {
    texts(admin, "SELECT rolname::text FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1").await
}

/// The names that are not there.
pub(super) async fn check(names: &[Named], admin: &Client) -> Result<Vec<Problem>> {
    let roles = roles(admin).await?;
    let mut tables: Option<Vec<String>> = None;
    let mut problems = Vec::new();
    for named in names {
        let Named { key, kind, name, span, .. } = named;
        let absent = |fix: String| Problem::new(span, format!("`{key}`: there is no {kind} {name}"), fix);
        match (*kind, &named.table) {
            ("role", _) if !roles.contains(name) => {
                problems.push(absent(suggest(name, roles.iter().map(String::as_str))));
            }
            ("table", _) if !is_table(admin, name).await? => {
                let known = match &mut tables {
                    Some(known) => known,
                    none => none.insert(all_tables(admin).await?),
                };
                problems.push(absent(suggest(name, known.iter().map(String::as_str))));
            }
            ("column", Some(table)) if is_table(admin, table).await? => {
                let columns = columns(admin, table).await?;
                if !columns.iter().any(|(known, _)| *known == catalog_name(name)) {
                    let fix = suggest(name, columns.iter().map(|(_, spelled)| spelled.as_str()));
                    let what = format!("`{key}`: {table} has no column {name}");
                    problems.push(Problem::new(span, what, fix));
                }
            }
            _ => {}
        }
    }
    Ok(problems)
}

async fn is_table(admin: &Client, name: &str) -> Result<bool> {
    Ok(admin.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]).await?.get(0))
}

async fn all_tables(admin: &Client) -> Result<Vec<String>> {
    let sql = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n \
               ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') \
               AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1";
    texts(admin, sql).await
}

/// Each as the catalog has it, and as SQL spells it.
async fn columns(admin: &Client, table: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT attname::text, quote_ident(attname) FROM pg_attribute WHERE attrelid = to_regclass($1) \
               AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
    Ok(admin.query(sql, &[&table]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn texts(admin: &Client, sql: &str) -> Result<Vec<String>> {
    Ok(admin.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}
