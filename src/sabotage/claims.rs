//! Triggers that spoil one statement of the subject and leave all others alone.

use crate::drill::Applied;
use crate::error::Result;
use crate::session::Session;
use crate::template::{self, Values};

/// The statement as the server sees it. Placeholders become `$1` … in the order in which they are bound.
fn as_sent(statement: &str) -> Result<String> {
    let names = template::names(statement);
    let values = names.iter().fold(Values::new(), |values, name| values.with(name, ""));
    Ok(template::bind(statement, &values)?.sql)
}

/// Undoes what `statement` updates or deletes in `table`: nothing is written.
///
/// # Errors
/// A harness error when the trigger cannot be made.
pub async fn undo_updates_of(admin: &Session, table: &str, statement: &str) -> Result<Applied> {
    let script = format!(
        "CREATE FUNCTION public.sor_gate_undo() RETURNS trigger LANGUAGE plpgsql AS $sor_gate$
         BEGIN
           IF TG_OP = 'DELETE' THEN
             IF current_query() = ${{sql}} THEN RETURN NULL; END IF;
             RETURN OLD;
           END IF;
           IF current_query() = ${{sql}} THEN RETURN OLD; END IF;
           RETURN NEW;
         END $sor_gate$;
         CREATE TRIGGER sor_gate_undo BEFORE UPDATE OR DELETE ON {table}
         FOR EACH ROW EXECUTE FUNCTION public.sor_gate_undo();"
    );
    admin.script(&quoted(&script, statement)?, &Values::new()).await?;
    Ok(Applied::Done(format!("a trigger on {table} undoes what the statement writes")))
}

/// Raises P0002 (no_data_found) when `statement` updates no row of `table`.
///
/// # Errors
/// A harness error when the trigger cannot be made.
pub async fn raise_when_nothing_updated(admin: &Session, table: &str, statement: &str) -> Result<Applied> {
    let script = format!(
        "CREATE FUNCTION public.sor_gate_raise() RETURNS trigger LANGUAGE plpgsql AS $sor_gate$
         BEGIN
           IF current_query() = ${{sql}} AND NOT EXISTS (SELECT FROM changed) THEN
             RAISE EXCEPTION 'nothing to claim' USING ERRCODE = 'no_data_found';
           END IF;
           RETURN NULL;
         END $sor_gate$;
         CREATE TRIGGER sor_gate_raise AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed
         FOR EACH STATEMENT EXECUTE FUNCTION public.sor_gate_raise();"
    );
    admin.script(&quoted(&script, statement)?, &Values::new()).await?;
    Ok(Applied::Done(format!("a trigger on {table} raises when the statement finds nothing")))
}

/// Puts the statement as a literal into the function body, which itself stands in dollar quotes.
fn quoted(script: &str, statement: &str) -> Result<String> {
    let literal = format!("'{}'", as_sent(statement)?.replace('\'', "''"));
    Ok(script.replace("${sql}", &literal))
}
