//! Drill 1: a migration is read before it runs, and can be taken back.

mod branch;
mod breaks;
mod history;
mod judge;
mod locks;
mod read;
mod scope;
mod trial;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::{Evidence, ExhibitKind};

use branch::Branch;

/// Reviewed, reversible migrations.
pub struct MigrationReview;

const SPEC: DrillSpec = DrillSpec {
    id: "migration_review",
    suite: Suite::SystemOfRecord,
    lesson: 1,
    habit: "reviewed, reversible migrations",
    claims: &[
        Claim {
            id: "both_directions",
            statement: "an upgrade and a downgrade exist, and both do something",
            remedy: "write the downgrade; a comment or SELECT 1 is none",
            rests_on: &[],
        },
        Claim {
            id: "drop_guard",
            statement: "nothing is dropped, truncated or emptied on the way up without a named override",
            remedy: "take the statement out, or add `-- sor-gate: allow drop_table NAME because REASON`",
            rests_on: &[],
        },
        Claim {
            id: "scope",
            statement: "every object that is touched lies in the declared scope",
            remedy: "move what does not belong into a migration of its own, or declare it in migration.scope",
            rests_on: &["applies"],
        },
        Claim {
            id: "applies",
            statement: "the upgrade succeeds on the previous schema holding data, and is what was proposed",
            remedy: "make the upgrade fit tables that hold rows, and migration.proposes fit the upgrade",
            rests_on: &[],
        },
        Claim {
            id: "reverses",
            statement: "after the downgrade the catalog equals the one before",
            remedy: "let the downgrade take back everything that the upgrade does, and nothing else",
            rests_on: &["both_directions", "applies", "repeats"],
        },
        Claim {
            id: "repeats",
            statement: "up, down and up again gives the first result",
            remedy: "let the downgrade remove what the upgrade creates",
            rests_on: &["both_directions", "applies"],
        },
        Claim {
            id: "preserves_data",
            statement: "rows that were there before are the same bytes after up, and after up and down",
            remedy: "do not rewrite or empty existing columns in either direction",
            rests_on: &["both_directions", "applies"],
        },
        Claim {
            id: "lock_safe",
            statement: "no concurrent reader or writer waits longer than the bound, and no table is rewritten",
            remedy: "build indexes CONCURRENTLY, add constraints NOT VALID, change types by a new column",
            rests_on: &["applies"],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for MigrationReview {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    fn reads_history(&self) -> bool {
        true
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        if cx.whole_history {
            return history::run(cx, SPEC.claims).await;
        }
        let (Some(binding), Some(proposal)) = (&cx.subject.migration, cx.subject.proposal()?) else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [migration]"));
        };
        let branch = Branch::create(cx, &binding.branch).await?;
        branch.fill(cx, binding).await?;
        let review = read::review(&proposal, branch.admin()).await?;
        let before = branch.snapshot().await?;
        let trial = trial::run(cx, &branch, &proposal, &review, before).await;
        branch.remove(cx).await?;
        let seen = judge::Seen {
            binding,
            review,
            trial: trial?,
            irreversible: proposal.irreversible,
            lock_wait_ms: cx.subject.lock_wait_ms(),
            scope: scope::Scope::new(&binding.scope),
            scope_told: binding.scope.join(", "),
        };
        let diff = seen.leftovers();
        let mut evidence = Evidence::new(line(&seen), judge::judge(&seen));
        if !diff.is_empty() {
            evidence = evidence.with_exhibit("What the downgrade leaves behind", ExhibitKind::Diff, diff);
        }
        Ok(evidence.with_exhibit("What the upgrade changes", ExhibitKind::Diff, seen.upgrade()))
    }
}

fn line(seen: &judge::Seen<'_>) -> String {
    let trial = &seen.trial;
    let back = match (&trial.up, &trial.down) {
        (Some(Err(_)), _) | (_, None) => "not taken back".into(),
        (_, Some(Err(refusal))) => format!("the downgrade failed with {refusal}"),
        (_, Some(Ok(_))) if seen.leftovers().is_empty() => "taken back without a difference".into(),
        (_, Some(Ok(_))) => "taken back with differences".into(),
    };
    format!(
        "Migration {} on branch {}: {}; {back}; {} rows in {} tables; longest wait {:.0} ms of {} ms.",
        seen.review.id,
        seen.binding.branch,
        trial.upgrade_summary(),
        trial.rows_before,
        trial.tables_before,
        trial.longest_wait_ms(),
        seen.lock_wait_ms,
    )
}
