//! `init`: writes a first subject file, or the whole reference system.

use std::io::Write;
use std::path::Path;

use super::args::{Common, InitArgs};
use super::progress::Progress;
use super::setup::Ground;
use super::{Product, copy, terminal};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::init::{facts, file, guess, migrations, missing_role};
use crate::migration::MigrationSet;
use crate::postgres::Cluster;
use crate::quote::quote_ident;
use crate::{check, subject};

/// Roles that migrations may miss before it is no longer a matter of roles.
const MOST_ROLES: usize = 32;

/// Looks, guesses, writes.
///
/// # Errors
/// Usage and environment errors; nothing is overwritten.
pub async fn init(product: &Product, arguments: &InitArgs, common: &Common) -> Result<Exit> {
    if let Some(folder) = &arguments.reference {
        return copy::reference(product, common, folder);
    }
    let output = std::path::absolute(&arguments.output).map_err(|error| Error::usage(error.to_string()))?;
    let folder = output.parent().map(Path::to_owned).unwrap_or_default();
    let here = std::env::current_dir().map_err(|error| Error::environment(error.to_string()))?;
    let history = migrations(arguments.migrations.as_deref(), &here)?;
    let newest =
        MigrationSet::read(&history, None)?.migrations.last().map(|step| step.id()).unwrap_or_default();
    let live = match &arguments.database_url {
        Some(url) => facts::of_live(url).await?,
        None => Vec::new(),
    };
    let spelled = history.strip_prefix(&folder).unwrap_or(&history).display().to_string();
    let name = folder.file_name().map_or_else(|| "system".into(), |name| name.to_string_lossy().into_owned());
    let mut roles: Vec<String> = guess::worker(&live).into_iter().collect();
    let roles_file = output.with_extension("roles.sql");
    let (cluster, ground) = loop {
        match scratch(common, &history, &roles).await {
            Ok(found) => break found,
            Err(error) => match missing_role(&error.what) {
                Some(role) if roles.len() < MOST_ROLES && !roles.iter().any(|own| own == role) => {
                    roles.push(role.to_owned());
                }
                _ => return Err(error),
            },
        }
    };
    let tables = facts::tables(&cluster.admin().await?).await?;
    let found = guess::worker(&tables).or_else(|| guess::worker(&live));
    let worker = found.clone().unwrap_or_else(|| "app".into());
    if found.is_none() && !roles.contains(&worker) {
        roles.push(worker.clone());
        cluster.admin().await?.batch_execute(&create(&roles[roles.len() - 1..])).await?;
    }
    let setup = roles_file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let head = file::Head {
        name: &name,
        migrations: &spelled,
        setup: Some(setup.as_str()).filter(|_| !roles.is_empty()),
        worker: &worker,
        worker_found: found.is_some(),
        newest: &newest,
    };
    if !roles.is_empty() {
        write_new(&roles_file, &create(&roles))?;
    }
    let mut sections = file::sections(&head, &tables);
    let written = settle(&mut sections, &output, &cluster).await;
    cluster.stop().await?;
    drop(ground);
    let text = written?;
    write_new(&output, &text)?;
    let marks = text.matches("NOT GUESSED").count();
    let looked_at = if tables.len() == 1 { "table" } else { "tables" };
    terminal::say(&format!(
        "{}: {} {looked_at} looked at, {marks} things not guessed",
        output.display(),
        tables.len()
    ));
    let others: Vec<&str> = live
        .iter()
        .filter(|table| !tables.iter().any(|own| own.name == table.name))
        .map(|table| table.name.as_str())
        .collect();
    if !others.is_empty() {
        terminal::say(&format!("in the database, but made by no migration: {}", others.join(", ")));
    }
    terminal::say("next: fill in what is marked NOT GUESSED, then `sor-gate check` and `sor-gate run`");
    Ok(Exit::Permitted)
}

/// A server with the migrations applied.
async fn scratch(common: &Common, history: &Path, roles: &[String]) -> Result<(Cluster, Ground)> {
    let folder = tempfile::tempdir().map_err(|error| Error::environment(error.to_string()))?;
    write_new(&folder.path().join("roles.sql"), &create(roles))?;
    let path = serde_json::Value::from(history.display().to_string());
    let text = format!(
        "name = \"init\"\n[database]\nsetup = [\"roles.sql\"]\nmigrations = {path}\n[roles]\nworker = \"postgres\"\n"
    );
    let probe = folder.path().join(subject::FILE_NAME);
    write_new(&probe, &text)?;
    let ground = Ground::lay_on(common, subject::load(&probe)?).await?;
    let progress = Progress::new(common);
    let cluster = ground.runner(&progress).looked_at().await?;
    Ok((cluster, ground))
}

/// Makes a comment of every section that does not hold against the catalog.
async fn settle(sections: &mut [file::Section], output: &Path, cluster: &Cluster) -> Result<String> {
    let folder = output.parent().map(Path::to_owned).unwrap_or_default();
    for _ in 0..=sections.len() {
        let text = file::text(sections);
        let (reading, found) = subject::parse(&text, &folder);
        let draft = subject::Draft { file: output.to_owned(), text: text.clone(), reading, subject: found };
        let problems = match &draft.subject {
            Some(subject) => check::against(&draft, subject, cluster).await?,
            None => draft.reading.problems.clone(),
        };
        let Some(first) = problems.first() else { return Ok(text) };
        let at = first.at.unwrap_or_default();
        let guilty = sections.iter_mut().skip(1).find(|section| {
            let start = text.find(&section.body);
            section.live && start.is_some_and(|start| (start..start + section.body.len()).contains(&at))
        });
        let Some(section) = guilty else { return Err(first.error(output, &text)) };
        section.live = false;
        section.comment = format!("{} NOT GUESSED: what holds here ({}).", section.comment, first.what);
    }
    Err(Error::harness("the guesses do not hold together"))
}

fn create(roles: &[String]) -> String {
    roles.iter().map(|role| format!("CREATE ROLE {} LOGIN;\n", quote_ident(role))).collect()
}

/// Writes a file that is not there yet.
pub(super) fn write_new(file: &Path, text: &str) -> Result<()> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(|error| {
        Error::usage(format!("cannot write the file: {error}"))
            .at(file.display())
            .fix("move the old one away, or name another with --output")
    })
}
