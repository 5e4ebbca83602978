//! `check`: is the subject file right, by itself and against the catalog?

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Common, Format};
use super::progress::Progress;
use super::setup::{Ground, subject_files};
use super::{Product, suites, terminal};
use crate::check;
use crate::drill::Drill;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::subject;

/// A problem as `check --format json` shows it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Told<'a> {
    /// File, line and column.
    place: Option<&'a str>,
    what: &'a str,
    /// What to do about it.
    fix: Option<&'a str>,
}

/// Prints everything that is wrong at once.
///
/// # Errors
/// Usage and environment errors that end the check; what is wrong with the file is no error but [`Exit::Usage`].
pub async fn check(product: &Product, common: &Common) -> Result<Exit> {
    let suites = suites::asked(common);
    let drills: Vec<&dyn Drill> =
        product.catalogue.iter().filter(|drill| suites.contains(&drill.spec().suite)).collect();
    let mut errors = Vec::new();
    for (file, _) in subject_files(&product.builtin, common, &drills)? {
        errors.extend(one(product, &file, common).await?);
    }
    tell(common, &errors)
}

/// Everything that is wrong with one file.
async fn one(product: &Product, file: &Path, common: &Common) -> Result<Vec<Error>> {
    let draft = subject::draft(file)?;
    let Some(subject) = &draft.subject else { return Ok(draft.errors()) };
    subject.policy.release().check(&suites::every(&product.catalogue)).map_err(|error| {
        let file = draft.file.display().to_string();
        Error { place: Some(format!("{file}, {}", error.place.clone().unwrap_or_default())), ..error }
    })?;
    let ground = Ground::lay_on(common, subject.clone()).await?;
    let progress = Progress::new(common);
    let cluster = ground.runner(&progress).cluster().await?;
    let problems = check::against(&draft, subject, &cluster).await;
    cluster.stop().await?;
    let errors: Vec<Error> =
        problems?.iter().map(|problem| problem.error(&draft.file, &draft.text)).collect();
    if errors.is_empty() && common.format != Format::Json && !common.quiet {
        let (statements, names) = (draft.reading.statements.len(), draft.reading.names.len());
        terminal::say(&format!(
            "{} holds: {statements} statements and {names} names, on {}",
            draft.file.display(),
            ground.provider
        ));
    }
    Ok(errors)
}

fn tell(common: &Common, errors: &[Error]) -> Result<Exit> {
    if common.format == Format::Json {
        let told: Vec<Told<'_>> = errors
            .iter()
            .map(|e| Told { place: e.place.as_deref(), what: &e.what, fix: e.remedy.as_deref() })
            .collect();
        terminal::print_json(&told)?;
    } else {
        errors.iter().for_each(terminal::complain);
    }
    Ok(if errors.is_empty() { Exit::Permitted } else { Exit::Usage })
}
