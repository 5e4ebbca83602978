//! A zombie that nothing keeps out.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Puts the run's row back to what it was when the zombie froze, so that token, lease and status are those it knows.
pub const BREAK: Break = Break {
    id: "no_fence",
    claim: "zombie_fenced",
    summary: "no fencing token: the run is as the frozen Worker left it",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(journal) = &stage.subject.journal else {
        return Ok(Applied::Unviable("no [journal]".into()));
    };
    let tables = sabotage::tables_behind(stage.admin, &journal.runs, &["run_id", "tenant"]).await?;
    let [table] = tables.as_slice() else {
        return Ok(Applied::Unviable("journal.runs does not read one table".into()));
    };
    let of_run = "to_jsonb(t)::text LIKE '%\"${run_id}\"%'";
    let save = format!("CREATE TABLE public.sor_gate_saved AS SELECT t.* FROM {table} AS t WHERE {of_run}");
    let restore = format!(
        "BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM {table} AS t WHERE {of_run}; \
         INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE public.sor_gate_saved; COMMIT"
    );
    stage.hooks.at("zombie_frozen", save);
    stage.hooks.at("before_zombie_wakes", restore);
    Ok(Applied::Done(format!("the run's row in {table} is put back before the zombie wakes up")))
}
