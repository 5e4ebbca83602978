//! A run that is given up.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Marks the run failed after its second crash, as a Worker does that allows a run one resume.
pub const BREAK: Break = Break {
    id: "given_up_after_second_crash",
    claim: "crash_while_resuming",
    summary: "a resume that is killed is not resumed again",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(journal) = &stage.subject.journal else {
        return Ok(Applied::Unviable("no [journal]".into()));
    };
    let blank = ["run_id", "tenant"];
    if !sabotage::can_change(stage.admin, &journal.runs, &["status", "finished_at"], &blank).await? {
        return Ok(Applied::Unviable("journal.runs does not lead straight to columns of one table".into()));
    }
    for table in sabotage::tables_behind(stage.admin, &journal.runs, &blank).await? {
        sabotage::drop_checks(stage.admin, &table).await?;
    }
    let failed = "UPDATE presented SET status = 'failed', finished_at = now()";
    stage.hooks.at("before_second_resume", sabotage::through(&journal.runs, failed));
    Ok(Applied::Done("the run is marked failed after its second crash".into()))
}
