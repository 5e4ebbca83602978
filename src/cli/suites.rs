//! Which suites are meant, with their drills and the shapes of their bundles.

use std::fs::File;
use std::path::Path;

use super::args::Common;
use crate::drill::{Catalogue, Drill, Suite};
use crate::record::{self, DrillAbout, RECORD_FILE};
use crate::release::BundleShape;

/// The suites that the command line names, each once; the first suite when it names none.
pub fn asked(common: &Common) -> Vec<Suite> {
    let named = Suite::ALL.into_iter().filter(|suite| common.suites.contains(suite)).collect::<Vec<_>>();
    if named.is_empty() { vec![Suite::SystemOfRecord] } else { named }
}

/// The drills of the suites, in the order of the bundles.
pub fn drills<'c>(catalogue: &'c Catalogue, suites: &[Suite]) -> Vec<&'c dyn Drill> {
    suites.iter().flat_map(|suite| catalogue.suite(*suite)).collect()
}

/// What the release step knows of the drills of each suite.
pub fn shapes(catalogue: &Catalogue, suites: &[Suite]) -> Vec<BundleShape> {
    let about: Vec<DrillAbout> = catalogue.iter().map(|drill| drill.spec().into()).collect();
    suites.iter().map(|suite| record::shape(*suite, &about)).collect()
}

/// All drills as one bundle, for what may name any of them.
pub fn every(catalogue: &Catalogue) -> BundleShape {
    let drills = shapes(catalogue, &Suite::ALL).into_iter().flat_map(|shape| shape.drills);
    BundleShape { name: String::new(), drills: drills.collect() }
}

/// The suites of a run's folder or of one bundle: those that the command line names, else what the evidence says.
pub fn of_evidence(common: &Common, place: &Path) -> Vec<Suite> {
    if !common.suites.is_empty() {
        return asked(common);
    }
    let named =
        |suite: &&Suite| place.file_name().is_some_and(|name| name == &*format!("{}.json", suite.bundle()));
    if !place.is_dir() {
        return vec![Suite::ALL.iter().find(named).copied().unwrap_or(Suite::SystemOfRecord)];
    }
    let recorded = File::open(place.join(RECORD_FILE)).ok().and_then(|file| record::head(file).ok());
    let run: Vec<Suite> =
        recorded.iter().flat_map(|record| &record.suites).map(|suite| suite.suite).collect();
    if run.is_empty() { asked(common) } else { run }
}
