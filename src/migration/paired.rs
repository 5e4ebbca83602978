//! The paired format: `N_name.up.sql` beside `N_name.down.sql`, in the order of the numbers.
//!
//! As golang-migrate reads it (MIGRATIONS.md, "Migration Filename Format"): the version is an unsigned number of up
//! to 64 bits, the name is whatever follows the first underscore, other files are ignored. sqlx writes the same.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Migration, Script};
use crate::error::{Error, Result};

#[derive(Default)]
struct Pair {
    version: String,
    name: String,
    up: Option<Script>,
    down: Option<Script>,
}

pub(super) fn read(folder: &Path) -> Result<Vec<Migration>> {
    let failed = |error: std::io::Error| {
        Error::usage(format!("cannot read the migrations folder: {error}")).at(folder.display())
    };
    let mut pairs: BTreeMap<u64, Pair> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some((version, name, up)) = path.file_name().and_then(|name| parse(name.to_str()?)) else {
            continue;
        };
        let number: u64 = version
            .parse()
            .map_err(|_| Error::usage("the version of a migration is not a number").at(path.display()))?;
        let pair = pairs.entry(number).or_default();
        let taken = if up { pair.up.is_some() } else { pair.down.is_some() };
        if taken || (!pair.name.is_empty() && pair.name != name) {
            return Err(Error::usage(format!("two migrations share version {version}"))
                .at(path.display())
                .fix("give each migration a version of its own"));
        }
        (pair.version, pair.name) = (version.to_owned(), name.to_owned());
        *(if up { &mut pair.up } else { &mut pair.down }) = Some(Script::read(&path)?);
    }
    pairs
        .into_values()
        .map(|pair| {
            let up = pair.up.ok_or_else(|| {
                Error::usage(format!(
                    "migration {}_{} has a downgrade but no upgrade",
                    pair.version, pair.name
                ))
                .at(folder.display())
            })?;
            Ok(Migration { version: pair.version, name: pair.name, up, down: pair.down })
        })
        .collect()
}

/// `0008_notes.up.sql` → (`0008`, `notes`, true).
fn parse(file: &str) -> Option<(&str, &str, bool)> {
    let (stem, up) = match file.strip_suffix(".up.sql") {
        Some(stem) => (stem, true),
        None => (file.strip_suffix(".down.sql")?, false),
    };
    let (version, name) = stem.split_once('_')?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((version, name, up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names() {
        assert_eq!(parse("0008_expense_notes.up.sql"), Some(("0008", "expense_notes", true)));
        assert_eq!(parse("8_a_b.down.sql"), Some(("8", "a_b", false)));
        assert_eq!(parse("README.md"), None);
        assert_eq!(parse("seed.up.sql"), None);
    }

    #[test]
    fn sorts_by_number_and_pairs_up() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["10_b.up.sql", "9_a.up.sql", "9_a.down.sql", "notes.txt"] {
            std::fs::write(folder.path().join(file), "SELECT 1").unwrap();
        }
        let steps = read(folder.path()).unwrap();
        assert_eq!(steps.iter().map(Migration::id).collect::<Vec<_>>(), ["9_a", "10_b"]);
        assert!(steps[0].down.is_some() && steps[1].down.is_none());
        std::fs::write(folder.path().join("9_c.up.sql"), "SELECT 1").unwrap();
        assert!(read(folder.path()).is_err());
    }
}
