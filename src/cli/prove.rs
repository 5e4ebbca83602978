//! `prove`: the baseline, then every break: the matrix of what the gate notices.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Common, Format};
use super::progress::Progress;
use super::setup::Ground;
use super::{Product, pick, suites, terminal};
use crate::drill::Drill;
use crate::error::Result;
use crate::exit::Exit;
use crate::runner::{BreakRecord, Proof, Prove};
use crate::verdict::Verdict;

/// What `prove --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(super) struct Matrix<'a> {
    /// The worst verdict of the drills on the subject as it came. Breaks are tried only when it is `pass`.
    baseline: Verdict,
    /// In the order of drills and their breaks.
    breaks: Vec<Entry<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    drill: &'a str,
    #[serde(rename = "break")]
    id: &'a str,
    /// The claim that has to turn red.
    claim: &'a str,
    /// How it ended; only `caught` is good.
    proof: Proof,
    /// The claims that did turn red, without those that rest on others of them.
    red: &'a [String],
    /// What was done to the subject, or why nothing could be done.
    applied: &'a str,
}

/// Runs the baselines, then all breaks, and prints the matrix.
///
/// # Errors
/// Usage and environment errors; a break that is not caught is no error but [`Exit::Blocked`].
pub async fn prove(product: &Product, typed: &[String], common: &Common) -> Result<Exit> {
    let mut drills: Vec<&dyn Drill> = Vec::new();
    for typed in typed {
        drills.push(pick::drill(&product.catalogue, typed)?);
    }
    if drills.is_empty() {
        drills = suites::drills(&product.catalogue, &suites::asked(common));
    }
    let ground = Ground::lay(product, common, Prove::None, &drills).await?;
    let progress = Progress::new(common);
    let runner = ground.runner(&progress);
    terminal::headline(common, &ground);
    let baselines = runner.run(&drills).await?;
    let baseline = Verdict::worst(baselines.iter().map(|record| record.verdict));
    if baseline != Verdict::Pass {
        progress.clear();
        if common.format == Format::Json {
            terminal::print_json(&Matrix { baseline, breaks: Vec::new() })?;
        }
        terminal::verdicts(common, &baselines);
        terminal::say("the baseline is not green, so breaks would prove nothing");
        return Ok(Exit::Baseline);
    }
    let breaks = runner.prove(&drills).await?;
    progress.clear();
    if common.format == Format::Json {
        terminal::print_json(&Matrix { baseline, breaks: breaks.iter().map(entry).collect() })?;
    }
    terminal::matrix(common, &breaks);
    let caught = breaks.iter().all(|(_, proven)| proven.proof == Proof::Caught);
    Ok(if caught && !breaks.is_empty() { Exit::Permitted } else { Exit::Blocked })
}

fn entry<'a>((drill, proven): &'a (&'static str, BreakRecord)) -> Entry<'a> {
    Entry {
        drill,
        id: &proven.id,
        claim: &proven.claim,
        proof: proven.proof,
        red: &proven.red,
        applied: &proven.applied,
    }
}
