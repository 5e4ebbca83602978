//! `V1__name.sql`: Flyway and refinery.
//!
//! Flyway (documentation, "Migrations"): versions are numbers between dots or single underscores; `U` undoes the `V` of
//! the same version; `R__name.sql` runs again whenever it changes, after all versions, by name. A migration runs in a
//! transaction, unless none can hold it or `V1__name.sql.conf` says `executeInTransaction=false`. Folders are searched
//! to the bottom. refinery (README): `U` is an upgrade whose version may come late, and there is no downgrade.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Format, folder};
use crate::error::{Error, Result};
use crate::migration::reading::{statements, wants_no_transaction};
use crate::migration::{Migration, Script, Sending};

/// The name of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name<'f> {
    pub(super) kind: char,
    /// As written; empty for a repeatable one.
    pub(super) version: &'f str,
    pub(super) parts: Vec<u64>,
    pub(super) name: &'f str,
}

/// `V1_2__name.sql` → V, 1.2, name.
pub(super) fn parse(file: &str) -> Option<Name<'_>> {
    let stem = file.strip_suffix(".sql")?;
    let kind = stem.chars().next().filter(|kind| "VUR".contains(*kind))?;
    let (version, name) = stem.get(1..)?.split_once("__")?;
    let parts: Option<Vec<u64>> = match (kind, version) {
        ('R', "") => Some(Vec::new()),
        ('R', _) => None,
        _ => version.split(['.', '_']).map(|part| part.parse().ok()).collect(),
    };
    let mut parts = parts?;
    // 1.0 is 1.
    while parts.len() > 1 && parts.last() == Some(&0) {
        parts.pop();
    }
    Some(Name { kind, version, parts, name })
}

pub(super) fn read(folder: &Path, format: Format) -> Result<Vec<Migration>> {
    let flyway = format == Format::Flyway;
    let files = if flyway { folder::all(folder)? } else { folder::entries(folder)? };
    let mut versions: BTreeMap<Vec<u64>, Migration> = BTreeMap::new();
    let mut undo: BTreeMap<Vec<u64>, Script> = BTreeMap::new();
    let mut repeatable: BTreeMap<String, Migration> = BTreeMap::new();
    for path in files {
        let Some(name) = parse(folder::name(&path)) else { continue };
        if name.kind == 'R' && !flyway {
            continue;
        }
        let twin = || {
            Error::usage(format!("two migrations share version {}", name.version))
                .at(path.display())
                .fix("give each migration a version of its own")
        };
        let mut script = Script::read(&path)?;
        if flyway {
            script.sending = sending(&script)?;
        }
        let step = Migration::new(name.version, name.name, script, None);
        if name.kind == 'R' {
            repeatable.insert(name.name.to_owned(), Migration { repeatable: true, ..step });
        } else if name.kind == 'U' && flyway {
            if undo.insert(name.parts.clone(), step.up).is_some() {
                return Err(twin());
            }
        } else if versions.insert(name.parts.clone(), step).is_some() {
            return Err(twin());
        }
    }
    for (version, script) in undo {
        let path = script.path.clone();
        let step = versions.get_mut(&version).ok_or_else(|| {
            Error::usage("an undo without the migration that it undoes")
                .at(path.display())
                .fix("in refinery `U` is an upgrade: then say format = \"refinery\" in [database]")
        })?;
        step.down = Some(script);
    }
    Ok(versions.into_values().chain(repeatable.into_values()).collect())
}

fn sending(script: &Script) -> Result<Sending> {
    let mut configuration = script.path.clone().into_os_string();
    configuration.push(".conf");
    let configuration = Path::new(&configuration);
    if configuration.is_file() {
        let text = Script::read(configuration)?.text;
        let said = text.lines().filter_map(|line| line.split_once('=')).find_map(|(key, value)| {
            (key.trim() == "executeInTransaction").then(|| value.trim().eq_ignore_ascii_case("true"))
        });
        match said {
            Some(true) => return Ok(Sending::Transaction),
            Some(false) => return Ok(Sending::Singly),
            None => {}
        }
    }
    let (alone, all) = (wants_no_transaction(script), statements(script).len());
    Ok(if alone > 0 && alone == all { Sending::Singly } else { Sending::Transaction })
}
