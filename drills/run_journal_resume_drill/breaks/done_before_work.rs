//! A turn that is done on paper.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Marks the killed turn as done before the resume, as a Worker does that writes `done` first and works then.
pub const BREAK: Break = Break {
    id: "done_before_work",
    claim: "no_lost_turn",
    summary: "a turn is marked done before its work",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(journal) = &stage.subject.journal else {
        return Ok(Applied::Unviable("no [journal]".into()));
    };
    let blank = ["run_id", "tenant"];
    if !sabotage::can_change(stage.admin, &journal.turns, &["status"], &blank).await? {
        return Ok(Applied::Unviable("journal.turns does not lead straight to a column of one table".into()));
    }
    for table in sabotage::tables_behind(stage.admin, &journal.turns, &blank).await? {
        sabotage::drop_checks(stage.admin, &table).await?;
    }
    let done = "UPDATE presented SET status = 'done' WHERE status = 'open'";
    stage.hooks.at("before_resume", sabotage::through(&journal.turns, done));
    Ok(Applied::Done("the turn that was open at the kill is marked done before the resume".into()))
}
