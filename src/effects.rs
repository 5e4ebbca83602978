//! The harness's own ledger of effects: triggers on the subject's tables write to a schema that the subject cannot reach.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::session::Session;
use crate::subject::Effect;
use crate::template::Values;

const PREPARE: &str = "
CREATE SCHEMA sor_gate_ledger;
CREATE TABLE sor_gate_ledger.effects (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    pid    integer NOT NULL DEFAULT pg_backend_pid(),
    effect text NOT NULL,
    run    text,
    turn   text
);
CREATE INDEX ON sor_gate_ledger.effects (run);";

/// How often each effect took place, by (turn, effect).
pub type Counts = BTreeMap<(String, String), i64>;

/// Installs the ledger in the database that `admin` is connected to. Its functions run as admin, so that the
/// subject's roles need, and have, no right to it; what is rolled back leaves no entry.
///
/// # Errors
/// A harness error when a table or an expression of the subject file does not fit.
pub async fn install(admin: &Session, effects: &[Effect]) -> Result<()> {
    let mut script = PREPARE.to_owned();
    for (at, effect) in effects.iter().enumerate() {
        let Effect { table, run, turn, .. } = effect;
        let (name, on) = (effect.name().replace('\'', "''"), effect.on.as_deref().unwrap_or("INSERT"));
        let when = effect.when.as_ref().map(|when| format!("WHEN ({when})")).unwrap_or_default();
        script.push_str(&format!(
            "
CREATE FUNCTION sor_gate_ledger.enter_{at}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $sor_gate$
BEGIN
    INSERT INTO sor_gate_ledger.effects (effect, run, turn) VALUES ('{name}', ({run})::text, ({turn})::text);
    RETURN NULL;
END $sor_gate$;
CREATE TRIGGER zz_sor_gate_effect_{at} AFTER {on} ON {table} FOR EACH ROW {when}
    EXECUTE FUNCTION sor_gate_ledger.enter_{at}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER zz_sor_gate_effect_{at};"
        ));
    }
    admin.script(&script, &Values::new()).await
}

/// The backends by which a run took effect.
///
/// # Errors
/// A harness error when the ledger cannot be read.
pub async fn backends_of_run(admin: &Session, run_id: &str) -> Result<BTreeSet<i32>> {
    let sql = "SELECT DISTINCT pid::text FROM sor_gate_ledger.effects WHERE run = ${run_id}::text";
    let rows = admin.must(sql, &Values::new().with("run_id", run_id)).await?;
    Ok(rows.all("pid")?.iter().filter_map(|pid| pid.parse().ok()).collect())
}

/// The effects of one run so far.
///
/// # Errors
/// A harness error when the ledger cannot be read.
pub async fn of_run(admin: &Session, run_id: &str) -> Result<Counts> {
    let sql = "SELECT coalesce(turn, '') AS turn, effect, count(*)::text AS times FROM sor_gate_ledger.effects \
               WHERE run = ${run_id}::text GROUP BY 1, 2";
    let rows = admin.must(sql, &Values::new().with("run_id", run_id)).await?;
    let (turns, effects, times) = (rows.all("turn")?, rows.all("effect")?, rows.all("times")?);
    let counts = turns.into_iter().zip(effects).zip(times);
    Ok(counts.map(|(key, times)| (key, times.parse().unwrap_or(0))).collect())
}
