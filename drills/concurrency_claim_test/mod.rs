//! Drill 4: each piece of work is claimed by one Worker, and nobody waits for it.

mod breaks;
mod dead;
mod fleet;
mod judge;
mod orders;
mod pair;
mod queue;
mod rescue;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;
use sor_gate::subject::Tenancy;

use queue::Queue;

/// Claims with FOR UPDATE SKIP LOCKED.
pub struct ConcurrencyClaimTest;

const SPEC: DrillSpec = DrillSpec {
    id: "concurrency_claim_test",
    suite: Suite::SystemOfRecord,
    lesson: 4,
    habit: "claims with FOR UPDATE SKIP LOCKED",
    claims: &[
        Claim {
            id: "exclusive",
            statement: "while A holds a row, B claims another one",
            remedy: "claim with SELECT … FOR UPDATE SKIP LOCKED, in one statement with the UPDATE",
            rests_on: &["no_errors"],
        },
        Claim {
            id: "no_wait",
            statement: "B never waits for A",
            remedy: "add SKIP LOCKED to the FOR UPDATE of the claim",
            rests_on: &["exclusive", "no_errors"],
        },
        Claim {
            id: "no_errors",
            statement: "no lock error (55P03, 40P01, 40001) reaches a Worker",
            remedy: "use SKIP LOCKED instead of NOWAIT, and lock rows in one order",
            rests_on: &[],
        },
        Claim {
            id: "all_interleavings",
            statement: "in every order of two sessions' steps no row is claimed twice",
            remedy: "mark the row in the transaction that claims it, not in a later one",
            rests_on: &["exclusive", "no_wait", "no_errors"],
        },
        Claim {
            id: "fleet",
            statement: "a fleet of Workers processes every row once, none twice, none left, and each gets some",
            remedy: "let each claim mark its row, and mark it done when the work is",
            rests_on: &["exclusive", "no_wait", "no_errors", "all_interleavings"],
        },
        Claim {
            id: "dead_claimer",
            statement: "the row of a killed claimer becomes claimable within the declared bound",
            remedy: "give each claim a lease (lease_until), and let the claim take rows whose lease has run out",
            rests_on: &["exclusive", "no_errors"],
        },
        Claim {
            id: "empty_queue",
            statement: "with nothing to claim the answer is empty, not an error",
            remedy: "let the claim answer no row when there is none",
            rests_on: &["no_errors", "fleet"],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for ConcurrencyClaimTest {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.claims else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [claims]"));
        };
        let tenancy = cx.subject.tenancy.clone().unwrap_or_else(Tenancy::none);
        let queue = Queue::new(cx, binding, &tenancy).await?;
        let pair = pair::race(&queue).await?;
        let seen = judge::Seen {
            orders: if pair.waited { Vec::new() } else { orders::all(&queue).await? },
            fleet: fleet::run(&queue, !pair.waited).await?,
            pair,
            empty: queue.try_claim("late").await?,
            dead: dead::claimer(&queue).await?,
            made_again: queue.made_again.into_inner(),
            at_commit: binding.isolation.is_some(),
        };
        Ok(Evidence::new(judge::line(&seen), judge::judge(&seen)))
    }
}
