//! Reaching the tables behind a presenting SELECT: views on it tell the tables and let rows be changed through it.

use crate::error::{Error, Result};
use crate::session::{Outcome, Session};
use crate::template::{self, Values};

/// The tables that a SELECT of the subject reads, qualified; `blank` names its placeholders.
///
/// # Errors
/// A harness error when the SELECT is refused.
pub async fn tables_behind(admin: &Session, select: &str, blank: &[&str]) -> Result<Vec<String>> {
    let none = Values::new();
    admin
        .script(&format!("BEGIN; CREATE VIEW pg_temp.sor_gate_probe AS {}", blanked(select, blank)?), &none)
        .await?;
    let tables = "SELECT DISTINCT format('%I.%I', n.nspname, c.relname) AS name \
                  FROM pg_rewrite AS r JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid \
                  JOIN pg_class AS c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid \
                  JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                  WHERE r.ev_class = 'pg_temp.sor_gate_probe'::regclass AND c.oid <> r.ev_class AND c.relkind IN ('r', 'p') \
                  ORDER BY 1";
    let found = admin.must(tables, &none).await;
    admin.script("ROLLBACK", &none).await?;
    found?.all("name")
}

/// Whether these columns of a SELECT lead straight to columns of one table, so that rows can be changed through it.
///
/// # Errors
/// As [`tables_behind`].
pub async fn can_change(admin: &Session, select: &str, columns: &[&str], blank: &[&str]) -> Result<bool> {
    let none = Values::new();
    let view = format!("BEGIN; CREATE VIEW pg_temp.sor_gate_probe AS {}", blanked(select, blank)?);
    admin.script(&view, &none).await?;
    let mut all = true;
    for column in columns {
        let asked = "SELECT is_updatable FROM information_schema.columns \
                     WHERE table_name = 'sor_gate_probe' AND column_name = ${column}::text";
        let outcome = admin.attempt(asked, &Values::new().with("column", column)).await?;
        all &= matches!(outcome, Outcome::Done(rows) if rows.scalar() == Some("YES"));
    }
    admin.script("ROLLBACK", &none).await?;
    Ok(all)
}

/// A script that does something to the rows of a SELECT, which it knows as `presented`: `UPDATE presented SET …`,
/// `DELETE FROM presented`. Foreign keys and ordinary triggers do not fire. The SELECT's placeholders stay, to be filled
/// when the script is run.
pub fn through(select: &str, action: &str) -> String {
    let select = select.trim().trim_end_matches(';');
    format!(
        "BEGIN; SET LOCAL session_replication_role = replica; CREATE TEMP VIEW presented AS {select}; \
         {action}; DROP VIEW presented; COMMIT"
    )
}

/// Drops every CHECK constraint of a table, so that it takes rows that its own programs would not write.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn drop_checks(admin: &Session, table: &str) -> Result<()> {
    let found = "SELECT quote_ident(conname) AS name FROM pg_constraint \
                 WHERE conrelid = ${table}::text::regclass AND contype = 'c'";
    for name in admin.must(found, &Values::new().with("table", table)).await?.all("name")? {
        admin.script(&format!("ALTER TABLE {table} DROP CONSTRAINT {name}"), &Values::new()).await?;
    }
    Ok(())
}

/// The SELECT with NULL for each placeholder.
fn blanked(select: &str, blank: &[&str]) -> Result<String> {
    let values = blank.iter().fold(Values::new(), |values, name| values.with_null(name));
    template::paste(select.trim().trim_end_matches(';'), &values)
        .map_err(|error: Error| error.during("making a break"))
}
