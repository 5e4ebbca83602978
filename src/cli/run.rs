//! `run`: all drills, the evidence bundle, the decision.

use std::path::PathBuf;
use std::time::Instant;

use super::args::{Common, Format, RunArgs};
use super::progress::Progress;
use super::setup::Ground;
use super::{Product, pick, report, secrets, suites, terminal};
use crate::attest::SignKey;
use crate::catalog::Snapshot;
use crate::drill::Suite;
use crate::error::Result;
use crate::exit::Exit;
use crate::record::{
    self, AttestedBy, PlanRecord, PolicyRecord, PostgresRecord, Record, Redactor, SchemaRecord, SuiteRecord,
};
use crate::release::ReleaseDecision;
use crate::report::folder::EvidenceFolder;
use crate::report::keep::keep;
use crate::report::kind::Kind;
use crate::runner::{Assigned, DrillRecord, Plan};

/// Runs, writes, prints.
///
/// # Errors
/// Usage and environment errors; a subject that fails is no error but [`Exit::Blocked`].
pub async fn run(product: &Product, arguments: &RunArgs, common: &Common) -> Result<Exit> {
    let (started, started_at) = (Instant::now(), jiff::Timestamp::now());
    let suites = suites::asked(common);
    let drills = suites::drills(&product.catalogue, &suites);
    let sabotage = match &arguments.sabotage {
        Some(typed) => Some(pick::broken(&product.catalogue, typed)?),
        None => None,
    };
    let folder = EvidenceFolder::new(arguments.out.clone().unwrap_or_else(|| PathBuf::from("evidence")));
    folder.check_writable()?;
    let key = arguments.sign_key.as_deref().map(SignKey::read).transpose()?;
    let ground = Ground::lay(product, common, arguments.prove, &drills).await?;
    let policy = ground.policy();
    policy.check(&suites::every(&product.catalogue))?;
    // Read before anything runs: the digests are those of the files that are put to the test.
    let mut subjects = Vec::new();
    for Assigned { subject, drills } in &ground.systems {
        let drills = drills.iter().map(|id| (*id).to_owned()).collect();
        subjects.push(record::subject(&ground.scope, subject, drills, folder.root()).await?);
    }
    let progress = Progress::new(common);
    let runner = ground.runner(&progress);
    terminal::headline(common, &ground);
    let mut records = runner.run(&drills).await?;
    let server = runner.server().await?;
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
        suites: suites.iter().copied().map(undecided).collect(),
        tool: record::tool(),
        subjects,
        postgres: PostgresRecord { identity: server.identity, settings: server.settings },
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
        schemas: server.catalogs.into_iter().map(schema).collect(),
        drills: records,
    };
    let systems = ground.systems.iter().map(|system| &system.subject);
    let mut redactor = Redactor::new(systems, [common.postgres.as_str()]);
    redactor.learn(secrets::known());
    let within: Vec<Kind> =
        arguments.report.iter().filter(|wanted| wanted.file.is_none()).map(|wanted| wanted.kind).collect();
    let shapes = suites::shapes(&product.catalogue, &suites);
    let kept = keep(&folder, &shapes, redactor.value(draft)?, key.as_ref(), &within)?;
    for wanted in &arguments.report {
        if let Some(file) = &wanted.file {
            report::write(file, &wanted.kind.render(&kept.record, &kept.bundles)?)?;
        }
    }
    report::step_summary(&Kind::Summary.render(&kept.record, &kept.bundles)?)?;
    if common.format == Format::Json {
        terminal::print_record(&kept.record)?;
    }
    terminal::verdicts(common, &kept.record.drills);
    terminal::decisions(common, &kept.decisions, Some(&kept.place), started.elapsed());
    Ok(exit(&kept.decisions))
}

fn plan(plan: &Plan, sabotage: Option<String>) -> PlanRecord {
    use clap::ValueEnum as _;
    let prove = plan.prove.to_possible_value();
    PlanRecord {
        prove: prove.map(|value| value.get_name().to_owned()).unwrap_or_default(),
        jobs: plan.jobs as u64,
        seed: plan.seed,
        workers: plan.workers as u64,
        rows: plan.rows as u64,
        timeout_s: plan.timeout.as_secs(),
        sabotage,
    }
}

fn schema((subject, catalog): (String, Snapshot)) -> SchemaRecord {
    SchemaRecord { subject, catalog }
}

fn undecided(suite: Suite) -> SuiteRecord {
    let bundle = format!("{}.json", suite.bundle());
    SuiteRecord { suite, bundle, decision: String::new(), drills: Vec::new() }
}

/// The exit code of the decisions: one that blocks is enough.
pub fn exit(decisions: &[ReleaseDecision]) -> Exit {
    let permitted = !decisions.is_empty() && decisions.iter().all(|decision| decision.permitted);
    if permitted { Exit::Permitted } else { Exit::Blocked }
}
