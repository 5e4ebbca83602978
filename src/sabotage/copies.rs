//! Writes that land twice, as they do without an idempotency key.

use crate::error::Result;
use crate::session::Session;
use crate::template::Values;

/// A script that makes every row inserted into `table` for which `only` (SQL over `NEW`) holds be inserted once more
/// under another key. Unique indexes over other columns than the key are dropped, since a copy would meet them.
/// Placeholders in `only` stay, to be filled when the script is run. `None` when the table has no such column.
///
/// # Errors
/// A harness error when the catalog cannot be read or changed.
pub async fn write_twice(admin: &Session, table: &str, key: &str, only: &str) -> Result<Option<String>> {
    let values = Values::new().with("table", table).with("key", key);
    let columns = "SELECT quote_ident(attname) AS name, attname = ${key}::text AS is_key FROM pg_attribute AS a \
                   WHERE attrelid = ${table}::text::regclass AND attnum > 0 AND NOT attisdropped \
                     AND attidentity = '' AND attgenerated = '' \
                     AND NOT (atthasdef AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = attrelid \
                                                    AND i.indisprimary AND attnum = ANY (i.indkey))) \
                   ORDER BY attnum";
    let columns = admin.must(columns, &values).await?;
    let (names, is_key) = (columns.all("name")?, columns.all("is_key")?);
    let Some(at) = is_key.iter().position(|is_key| is_key == "true") else { return Ok(None) };
    let others = "SELECT i.indexrelid::regclass::text AS name, quote_ident(c.conname) AS conname FROM pg_index AS i \
                  LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype = 'u' \
                  WHERE i.indrelid = ${table}::text::regclass AND i.indisunique AND NOT i.indisprimary \
                    AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = i.indrelid \
                                    AND a.attname = ${key}::text AND a.attnum = ANY (i.indkey))";
    let others = admin.must(others, &values).await?;
    for (index, constraint) in others.all("name")?.iter().zip(others.all("conname")?) {
        let drop = match constraint.as_str() {
            "" => format!("DROP INDEX {index} CASCADE"),
            name => format!("ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE"),
        };
        admin.script(&drop, &Values::new()).await?;
    }
    let taken: Vec<String> = names.iter().map(|name| format!("NEW.{name}")).collect();
    let copied: Vec<String> = (0..names.len())
        .map(|n| if n == at { format!("{}::text || ':again'", taken[n]) } else { taken[n].clone() })
        .collect();
    Ok(Some(format!(
        "CREATE FUNCTION public.sor_gate_again() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
             SET search_path = '' AS $sor_gate$ \
         BEGIN IF pg_trigger_depth() = 1 AND ({only}) THEN \
             INSERT INTO {table} ({}) VALUES ({}); END IF; RETURN NULL; END $sor_gate$; \
         CREATE TRIGGER sor_gate_again AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION public.sor_gate_again()",
        names.join(", "),
        copied.join(", ")
    )))
}
