//! Many buyers, few pieces: none is sold twice.

mod breaks;
mod contention;
mod crowd;
mod judge;
mod order;
mod variant;

use sor_gate::context::{Context, Scenario};
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;

use crowd::Crowd;

/// A stock that many take from at once.
pub struct Oversell;

const SPEC: DrillSpec = DrillSpec {
    id: "oversell",
    suite: Suite::DataIntegrity,
    lesson: 5,
    habit: "locks on what is scarce",
    claims: &[
        Claim {
            id: "exact_stock",
            statement: "orders that lock the stock sell every piece once, and none twice",
            remedy: "read the stock with SELECT … FOR UPDATE in the transaction that changes it",
            rests_on: &[],
        },
        Claim {
            id: "optimistic_exact",
            statement: "orders without a lock sell every piece once too, and none twice",
            remedy: "add AND version = (the version that was read) to the UPDATE, and look again when it changes no row",
            rests_on: &[],
        },
        Claim {
            id: "sold_out_told",
            statement: "every buyer who gets no piece is told \"sold out\", and nobody gets an error",
            remedy: "let the order answer no row when nothing is left",
            rests_on: &["exact_stock", "optimistic_exact", "no_deadlock"],
        },
        Claim {
            id: "no_deadlock",
            statement: "no buyer is refused by a deadlock or by a lock that was not to be had",
            remedy: "lock rows in one order everywhere, the stock first",
            rests_on: &[],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for Oversell {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    fn lengthy(&self) -> bool {
        true
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.stock else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [stock]"));
        };
        let crowd = Crowd::gather(cx, binding).await?;
        let queues = crowd.queues().await?;
        let mut sales = Vec::new();
        for queue in &queues {
            sales.push(crowd.rush(queue).await?);
        }
        // A sabotaged sale is no measure of anything.
        let contention = match cx.scenario {
            Scenario::Baseline => Some(contention::sweep(&crowd, &queues).await?),
            Scenario::Sabotaged(_) => None,
        };
        let measured = contention.map(|sweep| [judge::measured(&sales), sweep]);
        let evidence = Evidence::new(judge::line(&sales), judge::judge(&sales));
        Ok(evidence.with_benchmarks(measured.into_iter().flatten()))
    }
}
