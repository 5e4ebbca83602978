//! Every migration of the history, one after the other, each on the schema that its predecessors leave.

mod ground;
mod tally;

use sor_gate::context::Context;
use sor_gate::drill::Claim;
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;
use sor_gate::subject::{Migration, Proposal};

use super::{judge, read, scope, trial};
use ground::Ground;
use tally::{Line, Tally};

/// Name of the branch where the subject proposes no migration.
const BRANCH: &str = "sor-gate-history";

/// Reviews the history.
pub async fn run(cx: &Context, claims: &'static [Claim]) -> Result<Evidence> {
    let set = cx.subject.migrations()?;
    let mut tally = Tally::new(claims, &set);
    let mut ground = Ground::lay(cx, &set).await?;
    for (place, step) in set.migrations.iter().enumerate() {
        let proposal = Proposal::of(step, cx.subject.history.as_ref());
        let binding = binding(cx, &proposal);
        let review = read::review(&proposal, ground.branch().admin()).await?;
        let before = ground.before().await?;
        let trial = trial::run(cx, ground.branch(), &proposal, &review, before).await?;
        let clean = trial.clean();
        let seen = judge::Seen {
            scope: scope::Scope::named_by(std::iter::once(&review.up).chain(&review.down)),
            scope_told: "what the scripts name".into(),
            irreversible: proposal.irreversible.clone(),
            lock_wait_ms: cx.subject.lock_wait_ms(),
            binding: &binding,
            review,
            trial,
        };
        // A migration that cannot run because an earlier one is missing says nothing about itself.
        let follows = (!seen.trial.applied()).then(|| ground.missing().first().cloned()).flatten();
        tally.add(Line::new(&seen, &proposal, judge::judge(&seen), follows, claims));
        if clean {
            ground.passed(cx, place, seen.trial).await?;
        } else {
            ground.restore(cx, place).await?;
        }
    }
    ground.clear(cx).await?;
    Ok(tally.evidence())
}

/// One migration as if it were proposed; the scope is told by its scripts.
fn binding(cx: &Context, proposal: &Proposal) -> Migration {
    let declared = cx.subject.migration.as_ref();
    Migration {
        proposed: proposal.id.clone(),
        branch: declared.map_or_else(|| BRANCH.to_owned(), |binding| binding.branch.clone()),
        scope: Vec::new(),
        proposes: declared
            .filter(|binding| binding.proposed == proposal.id)
            .map(|binding| binding.proposes.clone())
            .unwrap_or_default(),
        fill: Vec::new(),
        lock_wait_ms: None,
        up_text: None,
        down_text: None,
    }
}
