//! `list`: drills, claims and breaks.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Common, Format};
use super::terminal;
use crate::drill::{Catalogue, DrillSpec, Suite};
use crate::error::Error;
use crate::exit::Exit;

/// A drill as `list --format json` shows it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Listed {
    id: &'static str,
    suite: Suite,
    lesson: u8,
    habit: &'static str,
    claims: Vec<ListedClaim>,
    breaks: Vec<ListedBreak>,
}

#[derive(Serialize, JsonSchema)]
struct ListedClaim {
    id: &'static str,
    statement: &'static str,
    remedy: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct ListedBreak {
    id: &'static str,
    claim: &'static str,
    summary: &'static str,
}

impl From<&'static DrillSpec> for Listed {
    fn from(spec: &'static DrillSpec) -> Self {
        let claims = spec.claims.iter();
        let breaks = spec.breaks.iter();
        Self {
            id: spec.id,
            suite: spec.suite,
            lesson: spec.lesson,
            habit: spec.habit,
            claims: claims
                .map(|c| ListedClaim { id: c.id, statement: c.statement, remedy: c.remedy })
                .collect(),
            breaks: breaks.map(|b| ListedBreak { id: b.id, claim: b.claim, summary: b.summary }).collect(),
        }
    }
}

/// Prints the catalogue.
///
/// # Errors
/// An environment error when standard output takes nothing.
pub fn list(catalogue: &Catalogue, common: &Common) -> Result<Exit, Error> {
    let drills: Vec<Listed> = catalogue.iter().map(|drill| Listed::from(drill.spec())).collect();
    if common.format == Format::Json {
        terminal::print_json(&drills)?;
        return Ok(Exit::Permitted);
    }
    let text: Vec<String> = drills.iter().map(for_people).collect();
    terminal::print_text(&text.join("\n\n"))?;
    Ok(Exit::Permitted)
}

fn for_people(drill: &Listed) -> String {
    let (bold, dim) = (anstyle::Style::new().bold(), anstyle::Style::new().dimmed());
    let heading = format!("{bold}{}{bold:#}  {dim}lesson {}: {}{dim:#}", drill.id, drill.lesson, drill.habit);
    let claims = drill.claims.iter().map(|claim| format!("  {:<24} {}", claim.id, claim.statement));
    let breaks = drill.breaks.iter().map(|one| {
        format!("  {dim}break{dim:#} {:<30} {dim}turns {} red:{dim:#} {}", one.id, one.claim, one.summary)
    });
    std::iter::once(heading).chain(claims).chain(breaks).collect::<Vec<_>>().join("\n")
}
