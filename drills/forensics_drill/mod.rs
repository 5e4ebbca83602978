//! Drill 9: what happened to a run is told from its id alone.

mod breaks;
mod judge;
mod relay;
mod runs;
mod scale;

use sor_gate::context::Context;
use sor_gate::drill::{Break, Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::{Evidence, ExhibitKind};
use sor_gate::forensics::{CaseFile, Report};
use sor_gate::subject::{Subject, Tenancy};
use sor_gate::template::{self, Values};

/// Forensics by run id.
pub struct ForensicsDrill;

const SPEC: DrillSpec = DrillSpec {
    id: "forensics_drill",
    suite: Suite::SystemOfRecord,
    lesson: 9,
    habit: "forensics by run id",
    claims: &[
        Claim {
            id: "four_queries",
            statement: "run, tool calls joined to turns, outbox by status and events in order: each query answers rows",
            remedy: "journal every tool call with the id of its turn, and every message and event with the id of its run",
            rests_on: &[],
        },
        Claim {
            id: "scoped",
            statement: "nothing of another run appears in the answers, not even of one made at the same time",
            remedy: "let each query ask for the run's id and nothing else",
            rests_on: &[],
        },
        Claim {
            id: "six_lines",
            statement: "run, timeline, last good step, outstanding side effects, root cause and next action can be told",
            remedy: "journal the words of every failure beside the call that failed, and an event for each step",
            rests_on: &["four_queries"],
        },
        Claim {
            id: "cause_right",
            statement: "of runs that failed in known ways the named cause is the one that was brought about",
            remedy: "journal the error as it was answered, not what was made of it later",
            rests_on: &["four_queries", "six_lines"],
        },
        Claim {
            id: "at_scale",
            statement: "with 1,000,000 events of other runs the queries use indexes and take at most 50 ms each",
            remedy: "add an index that begins with the run's id to every table that is asked by it",
            rests_on: &["scoped"],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

/// The claim that needs many events.
const AT_SCALE: &str = "at_scale";

/// Events of other runs; under a break that aims at another claim fewer are enough.
fn others(aims_elsewhere: bool) -> u64 {
    if aims_elsewhere { 20_000 } else { 1_000_000 }
}

#[async_trait::async_trait]
impl Drill for ForensicsDrill {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    fn stock(&self, subject: &Subject, sabotage: Option<&Break>) -> Option<String> {
        let rows = others(sabotage.is_some_and(|sabotage| sabotage.claim != AT_SCALE));
        let others = subject.forensics.as_ref()?.others.as_ref()?;
        // A placeholder that is not known shows when the schema is applied.
        Some(template::paste(others, &Values::new().with("rows", rows)).unwrap_or_else(|_| others.clone()))
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let (Some(binding), Some(journal), Some(_)) =
            (&cx.subject.forensics, &cx.subject.journal, &cx.subject.worker)
        else {
            let wanted = "the sections [forensics], [journal] and [worker]";
            return Ok(Evidence::not_testable(SPEC.claims, wanted));
        };
        let admin = cx.admin().await?;
        let tenancy = cx.subject.tenancy.clone().unwrap_or_else(Tenancy::none);
        let yard = runs::Yard { cx, binding, journal, tenancy: &tenancy, admin: &admin };
        let made = yard.make().await?;
        let first = yard.read(runs::HEALTHY).await?;
        let beside = yard.read(runs::BESIDE).await?;
        yard.make_alone().await?;
        let again = yard.read(runs::HEALTHY).await?;
        let alone = yard.read(runs::ALONE).await?;
        let mut failures = Vec::new();
        for failed in made.failed {
            let report = Report::of(&yard.read(&failed.run).await?);
            failures.push(judge::Failure { failed, report });
        }
        let scale = match &binding.others {
            Some(_) => {
                let rows = others(cx.aims_elsewhere(breaks::ALL, AT_SCALE));
                Some(scale::observe(&admin, binding, runs::HEALTHY, rows).await?)
            }
            None => None,
        };
        let seen = judge::Seen { overlap: made.overlap, first, again, beside, alone, failures, scale };
        let mut evidence = Evidence::new(judge::line(&seen), judge::judge(&seen));
        for failure in &seen.failures {
            let title = format!("Report on a run failed by {}", failure.failed.kind);
            evidence = evidence.with_exhibit(&title, ExhibitKind::Text, failure.report.to_string());
        }
        Ok(evidence.with_exhibit("Report on a healthy run", ExhibitKind::Text, told(&seen.first)))
    }
}

fn told(case: &CaseFile) -> String {
    Report::of(case).to_string()
}
