//! `decide`: the release decision, recomputed from a bundle alone.

use std::path::Path;

use serde::Serialize;

use super::args::{Common, Format};
use super::{run, terminal};
use crate::drill::{Catalogue, Drill};
use crate::error::Result;
use crate::exit::Exit;
use crate::release;

#[derive(Serialize)]
struct Decided<'a> {
    decision: &'static str,
    reasons: &'a [String],
}

/// Reads the bundle, decides, prints.
///
/// # Errors
/// A usage error when the file cannot be read; a malformed bundle is no error but [`Exit::Blocked`].
pub fn decide(catalogue: &Catalogue, file: &Path, common: &Common) -> Result<Exit> {
    let drills: Vec<&dyn Drill> = catalogue.suite(common.suite).collect();
    let decision = release::decide_file(file, &run::shape(&drills), jiff::Timestamp::now())?;
    if common.format == Format::Json {
        terminal::print_json(&Decided { decision: decision.word(), reasons: &decision.reasons })?;
    } else {
        terminal::print_text(&decision.text)?;
    }
    Ok(run::exit(&decision))
}
