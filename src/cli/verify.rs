//! `verify`: whether evidence is whole and unchanged, offline.

use serde::Serialize;

use super::args::{Common, Format, VerifyArgs};
use super::{run, terminal};
use crate::attest::PublicKey;
use crate::drill::{Catalogue, Drill};
use crate::error::Result;
use crate::exit::Exit;
use crate::verify::{self, Checked};

#[derive(Serialize)]
struct Verified<'a> {
    intact: bool,
    runs: &'a [Checked],
    defects: &'a [String],
}

/// Checks a run's folder, or every run of a folder.
///
/// # Errors
/// A usage error when there is no evidence, or no key where one is named.
pub fn verify(catalogue: &Catalogue, arguments: &VerifyArgs, common: &Common) -> Result<Exit> {
    let drills: Vec<&dyn Drill> = catalogue.suite(common.suite).collect();
    let shape = run::shape(&drills);
    let key = arguments.key.as_deref().map(PublicKey::read).transpose()?;
    let (runs, defects) = if arguments.dir.join("runs").is_dir() {
        verify::folder(&arguments.dir, &shape, key.as_ref())?
    } else {
        (vec![verify::run(&arguments.dir, &shape, key.as_ref())?], Vec::new())
    };
    let intact = defects.is_empty() && runs.iter().all(|run| run.defects.is_empty());
    if common.format == Format::Json {
        terminal::print_json(&Verified { intact, runs: &runs, defects: &defects })?;
    } else {
        terminal::verified(common, &runs, &defects);
    }
    // Whoever puts `verify` before a deployment must not be let through by an intact BLOCKED.
    let permits = intact && runs.last().is_some_and(Checked::permits);
    Ok(if permits { Exit::Permitted } else { Exit::Blocked })
}
