//! One file a migration, both directions in it, told apart by comments: goose, dbmate, sql-migrate.

use std::cmp::Ordering;
use std::path::Path;

use super::folder;
use super::sections::{Section, Sections, Wrong};
use crate::error::{Error, Result};
use crate::migration::{Migration, Script};

/// A format of annotated files.
pub(super) struct Annotated {
    /// The tool's name.
    pub(super) tool: &'static str,
    /// Whether a file without a number in front is a migration too.
    pub(super) unnumbered: bool,
    /// The order of two file names.
    pub(super) order: fn(&str, &str) -> Ordering,
    /// Cuts a file.
    pub(super) parse: fn(&str) -> Result<Sections, Wrong>,
}

/// Reads the folder.
pub(super) fn read(folder: &Path, format: &Annotated) -> Result<Vec<Migration>> {
    let mut files: Vec<_> = folder::entries(folder)?
        .into_iter()
        .filter(|path| {
            let name = folder::name(path);
            path.is_file() && name.ends_with(".sql") && (format.unnumbered || folder::number(name).is_some())
        })
        .collect();
    if let Some(code) = folder::entries(folder)?.iter().find(|path| is_code(folder::name(path))) {
        return Err(Error::usage("a migration is written in another language than SQL")
            .at(code.display())
            .fix(format!("describe the commands of {} in database.commands", format.tool)));
    }
    files.sort_by(|a, b| (format.order)(folder::name(a), folder::name(b)));
    let mut found: Vec<Migration> = Vec::new();
    for path in files {
        let stem = folder::name(&path).trim_end_matches(".sql");
        let (version, name) = folder::version_and_name(stem).unwrap_or(("", stem));
        if !version.is_empty() && !format.unnumbered {
            let number = folder::value(version, &path)?;
            let twin = found.last().is_some_and(|last| last.version.parse() == Ok(number));
            if twin {
                return Err(Error::usage(format!("two migrations share version {version}"))
                    .at(path.display())
                    .fix("give each migration a version of its own"));
            }
        }
        let file = Script::read(&path)?;
        let sections = (format.parse)(&file.text)
            .map_err(|wrong| Error::usage(wrong.what).at(format!("{}:{}", path.display(), wrong.line)))?;
        let script =
            |section: Section| Script { sending: section.sending, ..Script::new(&path, section.text) };
        found.push(Migration::new(version, name, script(sections.up), sections.down.map(script)));
    }
    Ok(found)
}

/// A numbered migration in Go: goose and sql-migrate run those too.
fn is_code(name: &str) -> bool {
    name.ends_with(".go") && !name.ends_with("_test.go") && folder::number(name).is_some()
}

/// By the number in front, then by name.
pub(super) fn by_number(a: &str, b: &str) -> Ordering {
    let number = |name: &str| folder::number(name).and_then(|(digits, _)| digits.parse::<u64>().ok());
    number(a).cmp(&number(b)).then_with(|| a.cmp(b))
}
