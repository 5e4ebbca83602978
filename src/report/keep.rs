//! Keeps a run: settles its lines, seals the bundle, and writes every file of it, all or none.

use std::path::PathBuf;

use super::folder::EvidenceFolder;
use super::kind::Kind;
use super::markdown::bundle_markdown;
use super::run_id::RunId;
use super::writer::RunWriter;
use crate::attest::{ATTESTATION_FILE, SignKey, attestation};
use crate::error::{Error, Result};
use crate::record::{self, Facts as _, Previous, RECORD_FILE, Record};
use crate::release::{self, BundleShape, EvidenceBundle, Line, ReleaseDecision, ReleasePolicy};

/// What was kept.
pub struct Kept {
    /// The run's folder.
    pub place: PathBuf,
    /// The record as written.
    pub record: Record,
    /// A bundle a suite, as written.
    pub bundles: Vec<EvidenceBundle>,
    /// The decision on each.
    pub decisions: Vec<ReleaseDecision>,
}

/// Decides on a record and writes the run's folder, with a bundle for each of the record's suites, whose shapes come in the
/// same order. The draft's decisions, files and previous run are filled in.
///
/// # Errors
/// An environment error when the disk refuses; nothing is left then.
pub fn keep(
    folder: &EvidenceFolder,
    shapes: &[BundleShape],
    draft: Record,
    key: Option<&SignKey>,
    more: &[Kind],
) -> Result<Kept> {
    let mut record = draft;
    let policy = record::policy(&record.policy);
    let (bundles, decisions): (Vec<_>, Vec<_>) =
        shapes.iter().map(|shape| sealed(shape, &policy, &record)).unzip();
    let ends: Vec<_> = shapes.iter().map(|shape| record.ends(shape)).collect();
    for ((suite, decision), ends) in record.suites.iter_mut().zip(&decisions).zip(ends) {
        suite.decision = decision.word().to_owned();
        suite.drills = ends;
    }
    let permitted = !decisions.is_empty() && decisions.iter().all(|decision| decision.permitted);
    record.decision = if permitted { "PERMITTED" } else { "BLOCKED" }.to_owned();
    record.attested_by.key = key.map(|key| key.public().id()).transpose()?;
    let id = RunId::parse(&record.run_id)
        .ok_or_else(|| Error::harness(format!("`{}` is no run id", record.run_id)))?;
    let writer = folder.begin(&id)?;
    let mut files = Vec::new();
    for (shape, bundle) in shapes.iter().zip(&bundles) {
        files.push((shape.file(), bundle.to_json().into_bytes()));
        files.push((shape.page(), bundle_markdown(bundle).into_bytes()));
    }
    let mut kinds = vec![Kind::Html];
    kinds.extend(more.iter().filter(|kind| **kind != Kind::Html));
    kinds.dedup();
    for kind in kinds {
        files.push((kind.file().to_owned(), kind.render(&record, &bundles)?.into_bytes()));
    }
    for (name, content) in &files {
        writer.write(name, content)?;
    }
    record.files = record::files(files.iter().map(|(name, content)| (name.as_str(), content.as_slice())));
    let last = |writer: &RunWriter, before: Option<RunId>| {
        record.previous = before.map(|id| previous(folder, &id));
        let bytes = record.to_json()?;
        writer.write(RECORD_FILE, &bytes)?;
        writer.write(ATTESTATION_FILE, &attestation(&record, &bytes, key)?)
    };
    let place = writer.publish_with(last)?;
    Ok(Kept { place, record, bundles, decisions })
}

/// One bundle of a record and its decision, as of the moment at which the run ended.
pub fn sealed(
    shape: &BundleShape,
    policy: &ReleasePolicy,
    record: &Record,
) -> (EvidenceBundle, ReleaseDecision) {
    let line =
        |drill: &crate::runner::DrillRecord| (drill.id.clone(), policy.line(&drill.id, &drill.findings));
    let lines: Vec<(String, Line)> = record.drills_of(shape).map(line).collect();
    release::seal(shape, &lines, Some(&record.facts(shape)), policy, record.finished_at)
}

fn previous(folder: &EvidenceFolder, id: &RunId) -> Previous {
    let content = std::fs::read(folder.run(id).join(RECORD_FILE));
    Previous { run_id: id.to_string(), digest: content.ok().map(|bytes| record::digest(&bytes)) }
}
