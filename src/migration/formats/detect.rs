//! Which format a folder is in: told by its file names and by the marks in its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::versioned::Name;
use super::{Format, folder, paired, sqitch, tern, versioned};
use crate::error::{Error, Result};

/// Tells the format of a folder.
///
/// # Errors
/// `Usage` when the folder cannot be read, shows no format, or shows more than one: then which file stands for which.
pub fn detect(migrations: &Path) -> Result<Format> {
    let signs = signs(migrations)?;
    let mut found = signs.iter();
    match (found.next(), found.next()) {
        (Some((format, _)), None) => Ok(*format),
        (None, _) => Err(Error::usage("no known format of migrations in this folder")
            .at(migrations.display())
            .fix(
                "name a folder with files like `0001_name.up.sql`, `V1__name.sql` or `0001_name.sql` with the marks of goose, \
                 dbmate, sql-migrate or tern, or set database.format, or describe database.commands",
            )),
        (Some(_), Some(_)) => {
            let told: Vec<_> = signs
                .iter()
                .map(|(format, file)| format!("{} ({})", format.id(), folder::name(file)))
                .collect();
            Err(Error::usage(format!(
                "the folder looks like several formats: {}; read as one, the others' files would be left out",
                told.join(", ")
            ))
            .at(migrations.display())
            .fix("set format in [database], or keep one format a folder"))
        }
    }
}

/// Every format that some file stands for, with that file.
fn signs(migrations: &Path) -> Result<BTreeMap<Format, PathBuf>> {
    let mut signs = BTreeMap::new();
    let mut versioned = Vec::new();
    let mut no_transaction = false;
    for path in folder::entries(migrations)? {
        let name = folder::name(&path);
        let sign = if name == sqitch::PLAN {
            Some(Format::Sqitch)
        } else if path.is_dir() {
            path.join("up.sql").is_file().then_some(Format::Diesel)
        } else if let Some(name) = versioned::parse(name) {
            versioned.push((name.kind, name.parts, path.clone()));
            None
        } else if name.ends_with(".up.sql") && folder::number(name).is_some() {
            no_transaction |= text(&path)?.starts_with(paired::NO_TRANSACTION);
            Some(Format::Paired)
        } else if name.ends_with(".sql") && !name.ends_with(".down.sql") {
            marked(&text(&path)?)
        } else {
            None
        };
        if let Some(format) = sign {
            signs.entry(format).or_insert(path);
        }
    }
    if versioned.is_empty() && signs.is_empty() {
        // Flyway searches to the bottom.
        for path in folder::all(migrations)? {
            if let Some(Name { kind, parts, .. }) = versioned::parse(folder::name(&path)) {
                versioned.push((kind, parts, path.clone()));
            }
        }
    }
    signs.extend(flyway_or_refinery(&versioned));
    if no_transaction && let Some(path) = signs.remove(&Format::Paired) {
        signs.insert(Format::Sqlx, path);
    }
    Ok(signs)
}

/// A `U` with a `V` of its version is Flyway's undo; one without is refinery's late upgrade.
fn flyway_or_refinery(files: &[(char, Vec<u64>, PathBuf)]) -> Vec<(Format, PathBuf)> {
    let mut found = Vec::new();
    for (kind, parts, path) in files {
        let undoes = files.iter().any(|(other, same, _)| *other == 'V' && same == parts);
        match kind {
            'U' if !undoes => found.push((Format::Refinery, path.clone())),
            'U' | 'R' => found.push((Format::Flyway, path.clone())),
            _ => {}
        }
    }
    if found.is_empty() {
        found.extend(files.first().map(|(_, _, path)| (Format::Flyway, path.clone())));
    }
    found
}

/// The format whose mark stands in a file.
fn marked(text: &str) -> Option<Format> {
    text.lines().find_map(|line| {
        let comment = line.strip_prefix("--").map(str::trim_start).unwrap_or_default();
        if comment.starts_with("+goose ") {
            Some(Format::Goose)
        } else if line.starts_with("-- +migrate ") {
            Some(Format::SqlMigrate)
        } else if comment.starts_with("migrate:up") {
            Some(Format::Dbmate)
        } else if line.trim_end() == tern::SEPARATOR {
            Some(Format::Tern)
        } else {
            None
        }
    })
}

fn text(path: &Path) -> Result<String> {
    Ok(crate::migration::Script::read(path)?.text)
}
