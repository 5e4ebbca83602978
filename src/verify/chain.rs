//! Checks that runs follow each other without a gap, and all runs of a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{Checked, run::run};
use crate::attest::PublicKey;
use crate::error::{Error, Result};
use crate::record::{self, RECORD_FILE, Record};
use crate::release::BundleShape;
use crate::report::folder::EvidenceFolder;
use crate::report::run_id::RunId;

pub(super) fn is_runs_folder(place: &Path) -> bool {
    place.parent().and_then(Path::file_name).is_some_and(|name| name == "runs")
}

/// What is wrong with the run before this one.
pub(super) fn before(place: &Path, record: &Record) -> Option<String> {
    let previous = record.previous.as_ref()?;
    let id = &previous.run_id;
    let Some(digest) = &previous.digest else {
        return Some(format!(
            "run {id}, which came before this one, was missing already when this one was written"
        ));
    };
    // An id that is none must not lead out of the folder.
    let known = RunId::parse(id).map(|id| place.with_file_name(id.as_str()).join(RECORD_FILE));
    match known.map(fs::read) {
        Some(Ok(bytes)) if record::digest(&bytes) == *digest => None,
        Some(Ok(_)) => Some(format!(
            "run {id}, which came before this one, is not the one that was chained: its record was changed"
        )),
        _ => Some(format!("run {id}, which came before this one, is missing")),
    }
}

/// Checks every run of a folder, and that they form one chain which ends at `latest`. Newest last.
///
/// # Errors
/// A usage error when there are no runs.
pub fn folder(
    root: &Path,
    shapes: &[BundleShape],
    key: Option<&PublicKey>,
) -> Result<(Vec<Checked>, Vec<String>)> {
    let folder = EvidenceFolder::new(root);
    let ids = folder.ids();
    let mut defects = strays(root);
    let latest = folder.linked();
    if ids.is_empty() && latest.is_none() {
        return Err(Error::usage("there are no runs")
            .at(root.display())
            .fix("name a run's folder, or the folder that holds `runs`"));
    }
    let mut checked = Vec::new();
    let mut followers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut firsts = Vec::new();
    for id in &ids {
        let place = folder.run(id);
        checked.push(run(&place, shapes, key)?);
        let Ok(record) = fs::read(place.join(RECORD_FILE))
            .map_err(|_| ())
            .and_then(|bytes| record::read(&bytes).map_err(|_| ()))
        else {
            continue;
        };
        match record.previous {
            Some(previous) => followers.entry(previous.run_id).or_default().push(id.to_string()),
            None => firsts.push(id.to_string()),
        }
    }
    if firsts.len() > 1 {
        defects.push(format!("the runs {} each say that they are the first", firsts.join(" and ")));
    }
    for (id, after) in followers.iter().filter(|(_, after)| after.len() > 1) {
        defects.push(format!("the runs {} each say that they follow {id}", after.join(" and ")));
    }
    match latest {
        None => defects.push("`latest` is missing".into()),
        Some(id) if !ids.contains(&id) => defects.push(format!("run {id}, which `latest` names, is missing")),
        Some(id) => {
            if let Some(after) = followers.get(id.as_str()) {
                defects.push(format!("`latest` names {id}, and {} came after it", after.join(", ")));
            }
            // The run that a release would go by is told last.
            checked.sort_by_key(|checked| checked.run_id == id.as_str());
        }
    }
    Ok((checked, defects))
}

/// What lies among the runs and is none.
fn strays(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("runs")).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut strays: Vec<String> = names
        // What is being written does not count yet.
        .filter(|name| RunId::parse(name).is_none() && !name.starts_with(".writing-"))
        .map(|name| format!("runs/{name} is no run"))
        .collect();
    strays.sort();
    strays
}
