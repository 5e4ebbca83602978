//! Queries that find their rows by an index.

mod breaks;
mod judge;
mod lookup;

use sor_gate::context::Context;
use sor_gate::drill::{Break, Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::{Evidence, ExhibitKind};
use sor_gate::subject::Subject;
use sor_gate::template::{self, Values};

/// Plans on a table of some size.
pub struct IndexPlan;

const SPEC: DrillSpec = DrillSpec {
    id: "index_plan",
    suite: Suite::DataIntegrity,
    lesson: 2,
    habit: "indexes for what is looked up",
    claims: &[
        Claim {
            id: "point_lookup",
            statement: "the lookup reads the whole table without its index, and by the index with it",
            remedy: "CREATE INDEX on the column that the lookup compares",
            rests_on: &[],
        },
        Claim {
            id: "hot_queries",
            statement: "no query that runs often reads a large table from end to end",
            remedy: "CREATE INDEX on what the query compares or sorts by",
            rests_on: &["point_lookup"],
        },
        Claim {
            id: "no_switches",
            statement: "the plans are the planner's own choice: no enable_* setting is switched",
            remedy: "ALTER ROLE … RESET of the switch, and an index instead",
            rests_on: &[],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for IndexPlan {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    fn stock(&self, subject: &Subject, _: Option<&Break>) -> Option<String> {
        let plans = subject.plans.as_ref()?;
        // A placeholder that is not known shows when the schema is applied.
        let values = Values::new().with("rows", plans.rows);
        Some(template::paste(&plans.fill, &values).unwrap_or_else(|_| plans.fill.clone()))
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.plans else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [plans]"));
        };
        let seen = lookup::observe(cx, binding).await?;
        let plans = judge::plans(&seen);
        Ok(Evidence::new(judge::line(&seen), judge::judge(&seen)).with_exhibit(
            "Plans",
            ExhibitKind::Text,
            plans,
        ))
    }
}
