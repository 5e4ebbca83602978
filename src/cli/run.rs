//! `run`: all drills, the evidence bundle, the decision.

use std::path::PathBuf;
use std::time::Instant;

use super::args::{Common, Format, RunArgs};
use super::progress::Progress;
use super::setup::Ground;
use super::{Product, pick, report, terminal};
use crate::attest::SignKey;
use crate::drill::Drill;
use crate::error::Result;
use crate::exit::Exit;
use crate::record::{
    self, AttestedBy, DrillAbout, PlanRecord, PolicyRecord, PostgresRecord, Record, Redactor,
};
use crate::release::{BundleShape, ReleaseDecision};
use crate::report::folder::EvidenceFolder;
use crate::report::keep::keep;
use crate::report::kind::Kind;
use crate::runner::{DrillRecord, Plan};

/// Runs, writes, prints.
///
/// # Errors
/// Usage and environment errors; a subject that fails is no error but [`Exit::Blocked`].
pub async fn run(product: &Product, arguments: &RunArgs, common: &Common) -> Result<Exit> {
    let (started, started_at) = (Instant::now(), jiff::Timestamp::now());
    let drills: Vec<&dyn Drill> = product.catalogue.suite(common.suite).collect();
    let sabotage = match &arguments.sabotage {
        Some(typed) => Some(pick::broken(&product.catalogue, typed)?),
        None => None,
    };
    let folder = EvidenceFolder::new(arguments.out.clone().unwrap_or_else(|| PathBuf::from("evidence")));
    folder.check_writable()?;
    let key = arguments.sign_key.as_deref().map(SignKey::read).transpose()?;
    let ground = Ground::lay(product, common, arguments.prove).await?;
    let policy = ground.subject.policy.release();
    policy.check(&shape(&drills))?;
    // Read before anything runs: the digests are those of the files that are put to the test.
    let about = record::subject(&ground.subject)?;
    let progress = Progress::new(common);
    let runner = ground.runner(&progress);
    terminal::headline(common, &ground);
    let (mut records, server) = if ground.plan.jobs > 1 {
        tokio::try_join!(runner.run(&drills), runner.server())?
    } else {
        (runner.run(&drills).await?, runner.server().await?)
    };
    if let Some((drill, sabotage)) = sabotage {
        let (broken, _) = runner.run_broken(drill, sabotage).await?;
        for record in records.iter_mut().filter(|record| record.id == broken.id) {
            let breaks = std::mem::take(&mut record.breaks);
            *record = DrillRecord { breaks, ..broken.clone() };
        }
    }
    progress.clear();
    let draft = Record {
        schema_version: record::SCHEMA_VERSION,
        run_id: ground.run_id.to_string(),
        started_at,
        finished_at: jiff::Timestamp::now(),
        decision: String::new(),
        suite: common.suite,
        tool: record::tool(),
        subject: about,
        postgres: PostgresRecord { identity: server.0, settings: server.1 },
        host: record::host(),
        plan: plan(
            &ground.plan,
            sabotage.map(|(drill, sabotage)| format!("{}.{}", drill.spec().id, sabotage.id)),
        ),
        policy: PolicyRecord::from(&policy),
        previous: None,
        files: Vec::new(),
        attested_by: AttestedBy::default(),
        catalogue: drills.iter().map(|drill| drill.spec().into()).collect(),
        drills: records,
    };
    let redactor = Redactor::new(Some(&ground.subject), &common.postgres);
    let within: Vec<Kind> =
        arguments.report.iter().filter(|wanted| wanted.file.is_none()).map(|wanted| wanted.kind).collect();
    let kept = keep(&folder, &shape(&drills), redactor.value(draft)?, key.as_ref(), &within)?;
    for wanted in &arguments.report {
        if let Some(file) = &wanted.file {
            report::write(file, &wanted.kind.render(&kept.record, &kept.bundle)?)?;
        }
    }
    report::step_summary(&Kind::Summary.render(&kept.record, &kept.bundle)?)?;
    if common.format == Format::Json {
        terminal::print_json(&kept.record)?;
    }
    terminal::verdicts(common, &kept.record.drills);
    terminal::decision(common, &kept.decision, Some(&kept.place), started.elapsed());
    Ok(exit(&kept.decision))
}

fn plan(plan: &Plan, sabotage: Option<String>) -> PlanRecord {
    use clap::ValueEnum as _;
    let prove = plan.prove.to_possible_value();
    PlanRecord {
        prove: prove.map(|value| value.get_name().to_owned()).unwrap_or_default(),
        jobs: plan.jobs as u64,
        seed: plan.seed,
        workers: plan.workers as u64,
        timeout_s: plan.timeout.as_secs(),
        sabotage,
    }
}

/// What the release step knows of the drills.
pub fn shape(drills: &[&dyn Drill]) -> BundleShape {
    let about: Vec<DrillAbout> = drills.iter().map(|drill| drill.spec().into()).collect();
    record::shape(&about)
}

/// The exit code of a decision.
pub fn exit(decision: &ReleaseDecision) -> Exit {
    if decision.permitted { Exit::Permitted } else { Exit::Blocked }
}
