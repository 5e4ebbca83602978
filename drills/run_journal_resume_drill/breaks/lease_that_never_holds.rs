//! A claim of a run that keeps nobody out.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;
use sor_gate::template::{self, Values};

/// Each claim of the run is aged away at once, so that the next Worker finds it free.
pub const BREAK: Break = Break {
    id: "lease_that_never_holds",
    claim: "one_resumer",
    summary: "a run is not held by a claim or lease",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(journal) = &stage.subject.journal else {
        return Ok(Applied::Unviable("no [journal]".into()));
    };
    let Some(age) = &journal.age else {
        return Ok(Applied::Unviable("no journal.age, by which a lease could be ended".into()));
    };
    let tables = sabotage::tables_behind(stage.admin, &journal.runs, &["run_id", "tenant"]).await?;
    let [table] = tables.as_slice() else {
        return Ok(Applied::Unviable("journal.runs does not read one table".into()));
    };
    // The placeholders stay within their quotes, to be filled at the moment.
    let later =
        Values::new().with("run_id", "${run_id}").with("tenant", "${tenant}").with("interval", "1 day");
    let age = template::paste(age.trim().trim_end_matches(';'), &later)?;
    let script = format!(
        "CREATE FUNCTION public.sor_gate_no_lease() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $sor_gate$ \
         BEGIN IF pg_trigger_depth() = 1 THEN {age}; END IF; RETURN NULL; END $sor_gate$; \
         CREATE TRIGGER sor_gate_no_lease AFTER INSERT OR UPDATE ON {table} \
             FOR EACH ROW EXECUTE FUNCTION public.sor_gate_no_lease()"
    );
    stage.hooks.at("before_two_resume", script);
    Ok(Applied::Done(format!("each lease in {table} runs out as it is given")))
}
