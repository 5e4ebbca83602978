//! Triggers that do something to the columns of new rows.

use crate::error::Result;
use crate::quote::quote_ident;
use crate::session::Session;
use crate::template::Values;

/// Executes every value of a new row as SQL, and takes no notice of what comes of it.
///
/// # Errors
/// A harness error when the trigger cannot be made.
pub async fn execute_new_text(admin: &Session, table: &str) -> Result<()> {
    let body = "FOR value IN SELECT v.value FROM jsonb_each_text(to_jsonb(NEW)) AS v LOOP
                    BEGIN EXECUTE value; EXCEPTION WHEN OTHERS THEN NULL; END;
                END LOOP;";
    before(admin, table, "INSERT", "execute", body).await
}

/// Writes `text` over a column of text wherever a new or changed row holds one that is not empty.
///
/// # Errors
/// As [`execute_new_text`].
pub async fn overwrite_text(admin: &Session, table: &str, column: &str, text: &str) -> Result<()> {
    let quoted = quote_ident(column);
    let literal = text.replace('\'', "''");
    let body = format!("IF NEW.{quoted} <> '' THEN NEW.{quoted} := '{literal}'; END IF;");
    before(admin, table, "INSERT OR UPDATE", column, &body).await
}

/// Empties a column of every new row. A primary key cannot be emptied.
///
/// # Errors
/// As [`execute_new_text`]; when the column may not be NULL for another reason than NOT NULL.
pub async fn empty_column(admin: &Session, table: &str, column: &str) -> Result<()> {
    let quoted = quote_ident(column);
    admin.script(&format!("ALTER TABLE {table} ALTER COLUMN {quoted} DROP NOT NULL"), &Values::new()).await?;
    before(admin, table, "INSERT", column, &format!("NEW.{quoted} := NULL;")).await
}

/// The function runs as admin; its name carries the table's and the purpose, so that several can be made.
async fn before(admin: &Session, table: &str, events: &str, purpose: &str, body: &str) -> Result<()> {
    let name = quote_ident(&format!("sor_gate_{}_{purpose}", table.replace(['.', '"'], "_")));
    let script = format!(
        "CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $sor_gate$
         DECLARE value text; BEGIN {body} RETURN NEW; END $sor_gate$;
         CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION public.{name}();"
    );
    admin.script(&script, &Values::new()).await
}
