//! `decide`: the release decision, recomputed from a bundle and the record beside it.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Common, DecideArgs, Format};
use super::{run, suites, terminal};
use crate::drill::Catalogue;
use crate::error::Result;
use crate::exit::Exit;
use crate::release::ReleasePolicy;
use crate::verify::Pair;

/// What `decide --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(super) struct Decided<'a> {
    /// `PERMITTED` or `BLOCKED`.
    decision: &'static str,
    /// One line each.
    reasons: Vec<&'a str>,
}

/// Reads what is there, decides, prints.
///
/// # Errors
/// A usage error when the file cannot be read; a malformed bundle is no error but [`Exit::Blocked`].
pub fn decide(catalogue: &Catalogue, arguments: &DecideArgs, common: &Common) -> Result<Exit> {
    let policy = ReleasePolicy {
        commit: arguments.commit.clone(),
        max_age: arguments.max_age,
        ..ReleasePolicy::default()
    };
    let shapes = suites::shapes(catalogue, &suites::of_evidence(common, &arguments.place));
    let mut decisions = Vec::new();
    for shape in &shapes {
        decisions.push(Pair::load(&arguments.place, shape)?.decide(shape, &policy, jiff::Timestamp::now()));
    }
    let exit = run::exit(&decisions);
    if common.format == Format::Json {
        let decision = if exit == Exit::Permitted { "PERMITTED" } else { "BLOCKED" };
        let reasons = decisions.iter().flat_map(|decision| decision.reasons.iter().map(String::as_str));
        terminal::print_json(&Decided { decision, reasons: reasons.collect() })?;
    } else {
        let texts: Vec<&str> = decisions.iter().map(|decision| decision.text.as_str()).collect();
        terminal::print_text(&texts.join("\n\n"))?;
    }
    Ok(exit)
}
