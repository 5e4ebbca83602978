//! tern (README, "Migrations"): numbered from 1 without a gap, both directions in one file around a line of dashes.
//! `---- tern: disable-tx ----` sends the statements one by one.

use std::path::Path;

use super::annotated::by_number;
use super::folder;
use super::sections::{Belongs, Section, Sections, Sorter, Wrong};
use crate::error::{Error, Result};
use crate::migration::{Migration, Script, Sending};

/// What stands between the directions.
pub(super) const SEPARATOR: &str = "---- create above / drop below ----";
const DISABLE_TX: &str = "---- tern: disable-tx ----";

pub(super) fn read(folder: &Path) -> Result<Vec<Migration>> {
    let mut files: Vec<_> = folder::entries(folder)?
        .into_iter()
        .filter(|path| {
            let name = folder::name(path);
            path.is_file()
                && name.ends_with(".sql")
                && folder::number(name).is_some_and(|(_, rest)| rest.starts_with('_'))
        })
        .collect();
    files.sort_by(|a, b| by_number(folder::name(a), folder::name(b)));
    let mut found = Vec::new();
    for (expected, path) in (1..).zip(files) {
        let stem = folder::name(&path).trim_end_matches(".sql");
        let (version, name) = folder::version_and_name(stem).unwrap_or_default();
        if folder::value(version, &path)? != expected {
            return Err(Error::usage(format!(
                "tern numbers migrations without a gap, and {expected} is wanted here"
            ))
            .at(path.display()));
        }
        let file = Script::read(&path)?;
        let sections = parse(&file.text)
            .map_err(|wrong| Error::usage(wrong.what).at(format!("{}:{}", path.display(), wrong.line)))?;
        let script =
            |section: Section| Script { sending: section.sending, ..Script::new(&path, section.text) };
        found.push(Migration::new(version, name, script(sections.up), sections.down.map(script)));
    }
    Ok(found)
}

pub(super) fn parse(text: &str) -> Result<Sections, Wrong> {
    let mut sorter = Sorter::default();
    let mut current = Belongs::Up;
    let sending = if text.contains(DISABLE_TX) { Sending::Singly } else { Sending::Transaction };
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if line.contains("{{") {
            return Wrong::new(
                number,
                "a template, which tern alone fills in; describe its commands in database.commands",
            );
        }
        if current == Belongs::Up && line.trim_end() == SEPARATOR {
            sorter.line(line, Belongs::Neither);
            current = Belongs::Down;
        } else {
            sorter.line(line, current);
        }
    }
    let (up, down) = sorter.texts();
    Ok(Sections {
        up: Section { text: up, sending: sending.clone() },
        // tern: an empty downgrade makes the migration irreversible.
        down: (current == Belongs::Down && !down.trim().is_empty())
            .then_some(Section { text: down, sending }),
    })
}
