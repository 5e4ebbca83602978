//! Constraints by their names.

use crate::drill::Applied;
use crate::error::Result;
use crate::session::Session;
use crate::template::Values;

/// Drops the constraint of that name, of a table or a domain, or the unique index where there is no constraint.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn drop_named(admin: &Session, name: &str) -> Result<Applied> {
    let find = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname) AS drop \
                FROM pg_constraint WHERE conname = ${name}::text AND conrelid <> 0 AND coninhcount = 0 \
                UNION ALL \
                SELECT format('ALTER DOMAIN %s DROP CONSTRAINT %I CASCADE', contypid::regtype, conname) \
                FROM pg_constraint WHERE conname = ${name}::text AND contypid <> 0 \
                UNION ALL \
                SELECT format('DROP INDEX %s', i.indexrelid::regclass) FROM pg_index AS i \
                JOIN pg_class AS c ON c.oid = i.indexrelid WHERE c.relname = ${name}::text \
                AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)";
    let drops = admin.must(find, &Values::new().with("name", name)).await?.all("drop")?;
    for drop in &drops {
        admin.script(drop, &Values::new()).await?;
    }
    if drops.is_empty() {
        return Ok(Applied::Unviable(format!("there is no constraint {name}")));
    }
    Ok(Applied::Done(format!("dropped {name}")))
}

/// Puts a trigger with the same condition, which looks only at what `role` writes, in the place of a check constraint.
///
/// # Errors
/// As [`drop_named`].
pub async fn check_one_role(admin: &Session, name: &str, role: &str) -> Result<Applied> {
    let find = "SELECT conrelid::regclass::text AS on_table, pg_get_expr(conbin, conrelid) AS condition \
                FROM pg_constraint WHERE conname = ${name}::text AND contype = 'c' AND conrelid <> 0";
    let found = admin.must(find, &Values::new().with("name", name)).await?;
    if found.rows.is_empty() {
        return Ok(Applied::Unviable(format!("{name} is no check constraint")));
    }
    let (table, condition) = (found.first("on_table")?, found.first("condition")?);
    let dropped = drop_named(admin, name).await?;
    let script = format!(
        "CREATE FUNCTION public.sor_gate_check() RETURNS trigger LANGUAGE plpgsql AS $sor_gate$
         BEGIN
             IF current_user = ${{role}} AND NOT (SELECT {condition} FROM (SELECT NEW.*) AS row) THEN
                 RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'not permitted', CONSTRAINT = ${{name}};
             END IF;
             RETURN NEW;
         END $sor_gate$;
         CREATE TRIGGER sor_gate_check BEFORE INSERT OR UPDATE ON {table}
         FOR EACH ROW EXECUTE FUNCTION public.sor_gate_check();"
    );
    let script = script.replace("${role}", &literal(role)).replace("${name}", &literal(name));
    admin.script(&script, &Values::new()).await?;
    Ok(match dropped {
        Applied::Done(what) => Applied::Done(format!("{what}; a trigger checks {role} alone")),
        unviable => unviable,
    })
}

/// Puts a default from a sequence in the place of a column's identity.
///
/// # Errors
/// As [`drop_named`].
pub async fn default_for_identity(admin: &Session, table: &str, column: &str) -> Result<Applied> {
    let find = "SELECT attidentity::text AS identity FROM pg_attribute \
                WHERE attrelid = ${table}::text::regclass AND attname = ${column}::text";
    let values = Values::new().with("table", table).with("column", crate::subject::catalog_name(column));
    let found = admin.must(find, &values).await?;
    if found.scalar().unwrap_or_default().is_empty() {
        return Ok(Applied::Unviable(format!("{table}.{column} is no identity column")));
    }
    // Grants on columns keep inserts from naming the id; only its default gives one.
    let script = format!(
        "ALTER TABLE {table} ALTER COLUMN {column} DROP IDENTITY;
         CREATE SEQUENCE public.sor_gate_ids START 1000000;
         GRANT USAGE ON SEQUENCE public.sor_gate_ids TO PUBLIC;
         ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT nextval('public.sor_gate_ids');"
    );
    admin.script(&script, &Values::new()).await?;
    Ok(Applied::Done(format!("{table}.{column} has a plain default")))
}

/// Gives a column another type.
///
/// # Errors
/// As [`drop_named`].
pub async fn retype(admin: &Session, table: &str, column: &str, kind: &str) -> Result<Applied> {
    admin.script(&format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}"), &Values::new()).await?;
    Ok(Applied::Done(format!("{table}.{column} is {kind}")))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
