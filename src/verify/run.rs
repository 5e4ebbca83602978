//! Checks one run's folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::chain;
use super::pair::disagreements;
use super::{Checked, attested};
use crate::attest::{ATTESTATION_FILE, PublicKey};
use crate::error::{Error, Result};
use crate::record::{self, RECORD_FILE, Record};
use crate::release::{self, BundleShape};
use crate::report::markdown::bundle_markdown;

/// Checks a run: every file is there, none is too much, none was changed; the decision is what the record makes; the run
/// before it is the one that it names.
///
/// # Errors
/// A usage error when there is no such folder.
pub fn run(place: &Path, shapes: &[BundleShape], key: Option<&PublicKey>) -> Result<Checked> {
    let unreadable = |error: std::io::Error| {
        Error::usage(format!("the evidence cannot be read: {error}"))
            .at(place.display())
            .fix("name a run's folder, or the folder that holds `runs`")
    };
    let place = fs::canonicalize(place).map_err(unreadable)?;
    let mut present = BTreeSet::new();
    for entry in fs::read_dir(&place).map_err(unreadable)? {
        present.insert(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
    }
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut checked =
        Checked { run_id: name.clone(), decision: None, defects: Vec::new(), notes: Vec::new() };
    let Some(bytes) = regular(&place, RECORD_FILE, &mut checked.defects) else { return Ok(checked) };
    let record = match record::read(&bytes) {
        Ok(record) => Some(record),
        Err(defects) => {
            checked.defects.extend(defects);
            None
        }
    };
    if let Some(attestation) = regular(&place, ATTESTATION_FILE, &mut checked.defects) {
        let (defects, notes) = attested::check(&attestation, &bytes, record.as_ref(), key);
        checked.defects.extend(defects);
        checked.notes.extend(notes);
        if record.is_none() {
            attested_files(&place, &attestation, &mut checked.defects);
        }
    }
    if let Some(record) = record {
        checked.decision = Some(record.decision.clone());
        checked.run_id.clone_from(&record.run_id);
        files(&place, &present, &record, shapes, &mut checked.defects);
        if chain::is_runs_folder(&place) {
            if record.run_id != name {
                checked
                    .defects
                    .push(format!("the folder is named {name}, and holds the run {}", record.run_id));
            }
            checked.defects.extend(chain::before(&place, &record));
        } else {
            checked
                .notes
                .push("the run before it was not checked: the run lies outside of a `runs` folder".into());
        }
    }
    checked.defects.dedup();
    Ok(checked)
}

fn files(
    place: &Path,
    present: &BTreeSet<String>,
    record: &Record,
    shapes: &[BundleShape],
    defects: &mut Vec<String>,
) {
    let own = [RECORD_FILE, ATTESTATION_FILE];
    let known =
        |name: &String| own.contains(&name.as_str()) || record.files.iter().any(|file| file.path == *name);
    defects.extend(
        present
            .iter()
            .filter(|name| !known(name))
            .map(|name| format!("{name} is too much: the record does not know it")),
    );
    for file in &record.files {
        // A path out of the folder would be a record made by hand.
        if file.path.contains('/') || own.contains(&file.path.as_str()) {
            defects.push(format!("{RECORD_FILE}: `files` names {}, which is no file of a run", file.path));
            continue;
        }
        let Some(content) = regular(place, &file.path, defects) else { continue };
        if record::digest(&content) != file.digest {
            defects.push(format!("{}: its digest is not the one in the record", file.path));
        }
        if let Some(shape) = shapes.iter().find(|shape| shape.file() == file.path) {
            defects.extend(bundle(place, &content, shape, record));
        }
    }
    if record.suites.is_empty() {
        defects.push(format!("{RECORD_FILE}: `suites` names none"));
    }
    for suite in &record.suites {
        let Some(shape) = shapes.iter().find(|shape| shape.name == suite.suite.bundle()) else {
            defects
                .push(format!("{RECORD_FILE}: `suites` names {}, which is unknown here", suite.suite.name()));
            continue;
        };
        for needed in [shape.file(), shape.page()] {
            if record.files.iter().all(|file| file.path != needed) {
                defects.push(format!("{RECORD_FILE}: `files` does not name {needed}"));
            }
        }
    }
}

/// What is wrong with one suite's bundle.
fn bundle(place: &Path, content: &[u8], shape: &BundleShape, record: &Record) -> Vec<String> {
    let (name, page) = (shape.file(), shape.page());
    match release::read(shape, content) {
        Ok(bundle) => {
            let mut defects = disagreements(shape, &bundle, record);
            let text = fs::read_to_string(place.join(&page));
            if text.is_ok_and(|text| text != bundle_markdown(&bundle)) {
                defects.push(format!("{page}: it does not say what {name} says"));
            }
            defects
        }
        Err(found) => found.into_iter().map(|what| format!("{name}: {what}")).collect(),
    }
}

/// Where the record cannot be read, the attestation still knows what each file was.
fn attested_files(place: &Path, attestation: &[u8], defects: &mut Vec<String>) {
    for (name, digest) in attested::files(attestation) {
        let plain = !name.contains('/') && name != "..";
        if plain && regular(place, &name, defects).is_some_and(|content| record::digest(&content) != digest) {
            defects.push(format!("{name}: its digest is not the attested one"));
        }
    }
}

/// The content of a regular file: a link could lead to something that changes.
fn regular(place: &Path, name: &str, defects: &mut Vec<String>) -> Option<Vec<u8>> {
    let path = place.join(name);
    match fs::symlink_metadata(&path) {
        Err(_) => defects.push(format!("{name} is missing")),
        Ok(found) if !found.is_file() => defects.push(format!("{name} is no regular file")),
        Ok(_) => match fs::read(&path) {
            Ok(content) => return Some(content),
            Err(error) => defects.push(format!("{name} cannot be read: {error}")),
        },
    }
    None
}
