//! `decide`: the release decision, recomputed from a bundle and the record beside it.

use serde::Serialize;

use super::args::{Common, DecideArgs, Format};
use super::{run, terminal};
use crate::drill::{Catalogue, Drill};
use crate::error::Result;
use crate::exit::Exit;
use crate::release::ReleasePolicy;
use crate::verify::Pair;

#[derive(Serialize)]
struct Decided<'a> {
    decision: &'static str,
    reasons: &'a [String],
}

/// Reads what is there, decides, prints.
///
/// # Errors
/// A usage error when the file cannot be read; a malformed bundle is no error but [`Exit::Blocked`].
pub fn decide(catalogue: &Catalogue, arguments: &DecideArgs, common: &Common) -> Result<Exit> {
    let drills: Vec<&dyn Drill> = catalogue.suite(common.suite).collect();
    let shape = run::shape(&drills);
    let policy = ReleasePolicy {
        commit: arguments.commit.clone(),
        max_age: arguments.max_age,
        ..ReleasePolicy::default()
    };
    let decision = Pair::load(&arguments.place, &shape)?.decide(&shape, &policy, jiff::Timestamp::now());
    if common.format == Format::Json {
        terminal::print_json(&Decided { decision: decision.word(), reasons: &decision.reasons })?;
    } else {
        terminal::print_text(&decision.text)?;
    }
    Ok(run::exit(&decision))
}
