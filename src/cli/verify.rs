//! `verify`: whether evidence is whole and unchanged, offline.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Common, Format, VerifyArgs};
use super::{suites, terminal};
use crate::attest::PublicKey;
use crate::drill::{Catalogue, Suite};
use crate::error::Result;
use crate::exit::Exit;
use crate::verify::{self, Checked};

/// What `verify --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(super) struct Verified<'a> {
    /// Whether nothing is missing, changed or added.
    intact: bool,
    /// Oldest first.
    runs: &'a [Checked],
    /// What is wrong with the folder as a whole, such as a run that is missing from the chain.
    defects: &'a [String],
}

/// Checks a run's folder, or every run of a folder.
///
/// # Errors
/// A usage error when there is no evidence, or no key where one is named.
pub fn verify(catalogue: &Catalogue, arguments: &VerifyArgs, common: &Common) -> Result<Exit> {
    let shapes = suites::shapes(catalogue, &Suite::ALL);
    let key = arguments.key.as_deref().map(PublicKey::read).transpose()?;
    let (runs, defects) = if arguments.dir.join("runs").is_dir() {
        verify::folder(&arguments.dir, &shapes, key.as_ref())?
    } else {
        (vec![verify::run(&arguments.dir, &shapes, key.as_ref())?], Vec::new())
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
