//! A transaction that lost a race starts anew, and no money is lost.

mod breaks;
mod crowd;
mod forced;
mod granter;
mod judge;
mod yard;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;

use yard::Yard;

/// Read, compute, write, under SERIALIZABLE, with a retry loop.
pub struct SerializationRetry;

/// The part with one conflict, and the part with many writers, in which breaks may have rewrites of their own.
const FORCED: &str = "forced";
const CROWD: &str = "crowd";

const SPEC: DrillSpec = DrillSpec {
    id: "serialization_retry",
    suite: Suite::DataIntegrity,
    lesson: 3,
    habit: "serializable transactions with a retry loop",
    claims: &[
        Claim {
            id: "conflict_refused",
            statement: "a transaction that writes on the ground of an outdated read is refused with 40001",
            remedy: "begin the transaction with ISOLATION LEVEL SERIALIZABLE",
            rests_on: &[],
        },
        Claim {
            id: "fresh_snapshot",
            statement: "the refused transaction is tried again as a whole, reads the new balance and commits in 2 attempts",
            remedy: "on 40001 roll back, and repeat the transaction from its first read on",
            rests_on: &["conflict_refused"],
        },
        Claim {
            id: "total_reconciles",
            statement: "many writers of one account at once: the total is right to the cent",
            remedy: "run every writer that computes from what it read at SERIALIZABLE, with a retry loop",
            rests_on: &["conflict_refused", "fresh_snapshot"],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for SerializationRetry {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.retry else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [retry]"));
        };
        if let Some(wanted) = yard::missing(binding) {
            return Ok(Evidence::not_testable(SPEC.claims, wanted));
        }
        let yard = Yard::open(cx, binding).await?;
        let unprotected = || yard::unprotected(cx.wire_plan());
        // Side by side: what runs at READ COMMITTED takes no part in the conflicts of the others.
        let forced = tokio::try_join!(yard.forced(cx.wire_plan_in(FORCED)), yard.forced(unprotected()))?;
        let crowd = if forced.0.held == judge::Held::Overtaken {
            Some(tokio::try_join!(yard.crowd(cx.wire_plan_in(CROWD)), yard.crowd(unprotected()))?)
        } else {
            None
        };
        let (rival, decimals) = (binding.rival.name.clone(), binding.decimals);
        let seen = judge::Seen { rival, decimals, forced, crowd };
        Ok(Evidence::new(judge::line(&seen), judge::judge(&seen)))
    }
}
