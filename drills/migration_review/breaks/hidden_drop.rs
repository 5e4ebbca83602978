//! A table dropped where a quick look does not see it: in the body of a function.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Makes a table, a function that drops it, and calls the function.
pub const BREAK: Break = Break {
    id: "hidden_drop",
    claim: "drop_guard",
    summary: "a function that the upgrade makes and runs drops a table",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let (table, function) = ("public.sor_gate_scratch", "public.sor_gate_tidy");
    amend.declare(format!("table {table}")).declare(format!("function {function}()"));
    let body = format!("BEGIN EXECUTE \x27DROP TABLE \x27 || \x27{table}\x27; END");
    amend
        .up(&format!("CREATE TABLE {table} (a bigint)"))
        .up(&format!("CREATE FUNCTION {function}() RETURNS void LANGUAGE plpgsql AS $tidy${body}$tidy$"))
        .up(&format!("SELECT {function}()"))
        .up(&format!("DROP FUNCTION {function}()"));
    amend.done(format!("added {function}(), which drops {table}, and a call of it"))
}
