//! `run`: all drills, the evidence bundle, the decision.

use std::path::PathBuf;
use std::time::Instant;

use super::args::{Common, Format, RunArgs};
use super::progress::Progress;
use super::setup::Ground;
use super::{Product, pick, terminal};
use crate::drill::Drill;
use crate::error::Result;
use crate::exit::Exit;
use crate::release::{
    self, BundleShape, DrillFacts, DrillMeta, Line, RecordFacts, ReleaseDecision, ReleasePolicy,
};
use crate::report::folder::EvidenceFolder;
use crate::report::markdown::bundle_markdown;
use crate::runner::{BreakRecord, DrillRecord, Proof};

/// Runs, writes, prints.
///
/// # Errors
/// Usage and environment errors; a subject that fails is no error but [`Exit::Blocked`].
pub async fn run(product: &Product, arguments: &RunArgs, common: &Common) -> Result<Exit> {
    let started = Instant::now();
    let drills: Vec<&dyn Drill> = product.catalogue.suite(common.suite).collect();
    let sabotage = match &arguments.sabotage {
        Some(typed) => Some(pick::broken(&product.catalogue, typed)?),
        None => None,
    };
    let folder = EvidenceFolder::new(arguments.out.clone().unwrap_or_else(|| PathBuf::from("evidence")));
    folder.check_writable()?;
    let ground = Ground::lay(product, common, arguments.prove).await?;
    let progress = Progress::new(common);
    let runner = ground.runner(&progress);
    terminal::headline(common, &ground);
    let mut records = runner.run(&drills).await?;
    if let Some((drill, sabotage)) = sabotage {
        let (broken, _) = runner.run_broken(drill, sabotage).await?;
        for record in records.iter_mut().filter(|record| record.id == broken.id) {
            let breaks = std::mem::take(&mut record.breaks);
            *record = DrillRecord { breaks, ..broken.clone() };
        }
    }
    progress.clear();
    let shape = shape(&drills);
    let now = jiff::Timestamp::now();
    let policy = ReleasePolicy::default();
    let lines: Vec<(String, Line)> =
        records.iter().map(|record| (record.id.clone(), policy.line(&record.id, &record.findings))).collect();
    let (bundle, decision) = release::seal(&shape, &lines, Some(&facts(&records, now)), &policy, now);
    let writer = folder.begin(&ground.run_id)?;
    writer.write("bundle.json", bundle.to_json().as_bytes())?;
    writer.write("bundle.md", bundle_markdown(&bundle).as_bytes())?;
    let written = writer.publish()?;
    if common.format == Format::Json {
        terminal::print_json(&records)?;
    }
    terminal::verdicts(common, &records);
    terminal::decision(common, &decision, Some(&written), started.elapsed());
    Ok(exit(&decision))
}

/// What the release step knows of the drills.
pub fn shape(drills: &[&dyn Drill]) -> BundleShape {
    let meta = |drill: &&dyn Drill| {
        let spec = drill.spec();
        spec.claims.iter().fold(DrillMeta::new(spec.id, spec.lesson, spec.habit), |meta, claim| {
            meta.claim(claim.id, claim.remedy)
        })
    };
    BundleShape { drills: drills.iter().map(meta).collect() }
}

/// The exit code of a decision.
pub fn exit(decision: &ReleaseDecision) -> Exit {
    if decision.permitted { Exit::Permitted } else { Exit::Blocked }
}

fn facts(records: &[DrillRecord], finished_at: jiff::Timestamp) -> RecordFacts {
    let drills = records.iter().map(|record| {
        let (caught, missed): (Vec<_>, Vec<_>) =
            record.breaks.iter().partition(|proven| proven.proof == Proof::Caught);
        let ids = |breaks: Vec<&BreakRecord>| breaks.into_iter().map(|one| one.id.clone()).collect();
        DrillFacts {
            id: record.id.clone(),
            claims_examined: record.findings.len(),
            caught: ids(caught),
            missed: ids(missed),
        }
    });
    RecordFacts { drills: drills.collect(), commit: None, finished_at, problems: Vec::new() }
}
