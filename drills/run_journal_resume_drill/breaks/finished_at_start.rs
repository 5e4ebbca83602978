//! A dead Worker's run reads as finished.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// The run counts as finished while its Worker is at work, so that its death shows nowhere; put right before the resume.
pub const BREAK: Break = Break {
    id: "finished_at_start",
    claim: "crash_signature",
    summary: "the Worker marks the run finished at its start",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(journal) = &stage.subject.journal else {
        return Ok(Applied::Unviable("no [journal]".into()));
    };
    if !sabotage::can_change(stage.admin, &journal.runs, &["status", "finished_at"], &["run_id", "tenant"])
        .await?
    {
        return Ok(Applied::Unviable("journal.runs does not lead straight to columns of one table".into()));
    }
    let finished = "UPDATE presented SET status = 'complete', finished_at = now()";
    let running = "UPDATE presented SET status = 'running', finished_at = NULL";
    stage.hooks.at("after_kill", sabotage::through(&journal.runs, finished));
    stage.hooks.at("before_resume", sabotage::through(&journal.runs, running));
    Ok(Applied::Done("the killed run reads as complete".into()))
}
