//! A Worker that starts over.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Empties the run's journal before the resume, so that the Worker finds nothing and begins at turn 1.
pub const BREAK: Break = Break {
    id: "journal_ignored",
    claim: "resumes_at_gap",
    summary: "the journal is not read: the Worker starts from turn 1",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(journal) = &stage.subject.journal else {
        return Ok(Applied::Unviable("no [journal]".into()));
    };
    if !sabotage::can_change(stage.admin, &journal.turns, &["ordinal"], &["run_id", "tenant"]).await? {
        return Ok(Applied::Unviable("journal.turns does not lead straight to one table".into()));
    }
    stage.hooks.at("before_resume", sabotage::through(&journal.turns, "DELETE FROM presented"));
    Ok(Applied::Done("the killed run's turns are gone before it is resumed".into()))
}
