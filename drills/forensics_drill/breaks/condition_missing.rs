//! The outbox query forgets whose messages it asks for.

use sor_gate::drill::{Applied, Break};
use sor_gate::rewrite;
use sor_gate::stage::Stage;

/// Takes the condition on the run out of the outbox query.
pub const BREAK: Break = Break {
    id: "condition_missing",
    claim: "scoped",
    summary: "ask for the messages of all runs",
    apply: |stage| Box::pin(std::future::ready(Ok(apply(stage)))),
};

fn apply(stage: &mut Stage<'_>) -> Applied {
    let Some(binding) = &mut stage.subject.forensics else {
        return Applied::Unviable("no [forensics]".into());
    };
    match rewrite::for_any(&binding.outbox, "run_id") {
        Some(wide) => {
            binding.outbox = wide;
            Applied::Done("the outbox query asks for the messages of all runs".into())
        }
        None => Applied::Unviable("the outbox query compares nothing with ${run_id}".into()),
    }
}
