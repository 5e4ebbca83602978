//! `check`: is the subject file right, by itself and against the catalog?

use serde::Serialize;

use super::args::{Common, Format};
use super::progress::Progress;
use super::setup::{Ground, subject_file};
use super::{Product, run, terminal};
use crate::check;
use crate::drill::Drill;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::postgres::ProvisionOptions;
use crate::process::{Scope, ScopeOptions};
use crate::report::run_id::RunId;
use crate::runner::Prove;
use crate::subject;

#[derive(Serialize)]
struct Told<'a> {
    place: Option<&'a str>,
    what: &'a str,
    fix: Option<&'a str>,
}

/// Prints everything that is wrong at once.
///
/// # Errors
/// Usage and environment errors that end the check; what is wrong with the file is no error but [`Exit::Usage`].
pub async fn check(product: &Product, common: &Common) -> Result<Exit> {
    let cache = || {
        let id = RunId::new(jiff::Timestamp::now());
        let scope = Scope::open(&format!("check-{}", id.as_str()), ScopeOptions::default())?;
        ProvisionOptions::new(scope).cache_folder()
    };
    let draft = subject::draft(&subject_file(&product.builtin, common, cache)?)?;
    let Some(subject) = &draft.subject else { return tell(common, &draft.errors()) };
    let drills: Vec<&dyn Drill> = product.catalogue.suite(common.suite).collect();
    subject.policy.release().check(&run::shape(&drills)).map_err(|error| {
        let file = draft.file.display().to_string();
        Error { place: Some(format!("{file}, {}", error.place.clone().unwrap_or_default())), ..error }
    })?;
    let ground = Ground::lay(product, common, Prove::None).await?;
    let progress = Progress::new(common);
    let cluster = ground.runner(&progress).cluster().await?;
    let problems = check::against(&draft, &ground.subject, &cluster).await;
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
    tell(common, &errors)
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
