//! Triggers that spoil what an insert does when its key is there already.

use crate::drill::Applied;
use crate::error::Result;
use crate::quote::quote_ident;
use crate::session::Session;
use crate::template::Values;

/// `t.a = NEW.a AND t.b = NEW.b`
fn same(columns: &[String]) -> String {
    let pair = |column: &String| format!("t.{0} = NEW.{0}", quote_ident(column));
    columns.iter().map(pair).collect::<Vec<_>>().join(" AND ")
}

/// Skips an insert whose columns a look beforehand finds: what an application does that asks first.
///
/// # Errors
/// A harness error when the trigger cannot be made.
pub async fn look_before_insert(admin: &Session, table: &str, columns: &[String]) -> Result<()> {
    let body =
        format!("IF EXISTS (SELECT FROM {table} AS t WHERE {}) THEN RETURN NULL; END IF;", same(columns));
    before_insert(admin, table, &body).await
}

/// Skips an insert whose columns a session that is still connected has inserted before; what dead sessions inserted is
/// forgotten. Sessions take turns, so that nothing slips past between them.
///
/// # Errors
/// A harness error when the table or the trigger cannot be made.
pub async fn memory_of_live_sessions(admin: &Session, table: &str, columns: &[String]) -> Result<()> {
    admin.script("CREATE TABLE public.sor_gate_memory (pid int, key text)", &Values::new()).await?;
    let key =
        columns.iter().map(|column| format!("NEW.{}", quote_ident(column))).collect::<Vec<_>>().join(", ");
    let body = format!(
        "PERFORM pg_advisory_xact_lock(hashtext(ROW({key})::text));
         IF EXISTS (SELECT FROM public.sor_gate_memory AS m JOIN pg_stat_activity AS a ON a.pid = m.pid
                    WHERE m.key = ROW({key})::text) THEN RETURN NULL; END IF;
         INSERT INTO public.sor_gate_memory VALUES (pg_backend_pid(), ROW({key})::text);"
    );
    before_insert(admin, table, &body).await
}

/// Overwrites the payload of the stored row when an insert repeats its columns.
///
/// # Errors
/// A harness error when the trigger cannot be made.
pub async fn overwrite_on_conflict(
    admin: &Session,
    table: &str,
    columns: &[String],
    payload: &str,
) -> Result<Applied> {
    let payload = quote_ident(payload);
    let body = format!("UPDATE {table} AS t SET {payload} = NEW.{payload} WHERE {};", same(columns));
    before_insert(admin, table, &body).await?;
    Ok(Applied::Done(format!("a trigger on {table} overwrites {payload} when the key comes again")))
}

/// The function runs as admin, so that no policy and no missing grant stands in the way of the sabotage.
async fn before_insert(admin: &Session, table: &str, body: &str) -> Result<()> {
    let script = format!(
        "CREATE FUNCTION public.sor_gate_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $sor_gate$
         BEGIN {body} RETURN NEW; END $sor_gate$;
         CREATE TRIGGER sor_gate_insert BEFORE INSERT ON {table}
         FOR EACH ROW EXECUTE FUNCTION public.sor_gate_insert();"
    );
    admin.script(&script, &Values::new()).await
}
