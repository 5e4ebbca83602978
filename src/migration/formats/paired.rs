//! The paired formats: `N_name.up.sql` beside `N_name.down.sql`, in the order of the numbers.
//!
//! golang-migrate (MIGRATIONS.md, "Migration Filename Format"): the version is an unsigned number of up to 64 bits,
//! the name is whatever follows the first underscore, other files are ignored; a script is sent as it stands. sqlx
//! names them alike, runs each in a transaction unless it begins with `-- no-transaction`, and also takes
//! `N_name.sql`, which has no downgrade.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Format, folder};
use crate::error::{Error, Result};
use crate::migration::{Migration, Script, Sending};

/// How sqlx is told to use no transaction.
pub(super) const NO_TRANSACTION: &str = "-- no-transaction";

#[derive(Default)]
struct Pair {
    version: String,
    name: String,
    up: Option<Script>,
    down: Option<Script>,
}

pub(super) fn read(folder: &Path, format: Format) -> Result<Vec<Migration>> {
    let mut pairs: BTreeMap<u64, Pair> = BTreeMap::new();
    for path in folder::entries(folder)?.into_iter().filter(|path| path.is_file()) {
        let Some((version, name, up)) = parse(folder::name(&path), format == Format::Sqlx) else { continue };
        let pair = pairs.entry(folder::value(version, &path)?).or_default();
        let taken = if up { pair.up.is_some() } else { pair.down.is_some() };
        if taken || (!pair.name.is_empty() && pair.name != name) {
            return Err(Error::usage(format!("two migrations share version {version}"))
                .at(path.display())
                .fix("give each migration a version of its own"));
        }
        (pair.version, pair.name) = (version.to_owned(), name.to_owned());
        let mut script = Script::read(&path)?;
        if format == Format::Paired || script.text.starts_with(NO_TRANSACTION) {
            script.sending = Sending::Whole;
        }
        *(if up { &mut pair.up } else { &mut pair.down }) = Some(script);
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
            Ok(Migration::new(&pair.version, &pair.name, up, pair.down))
        })
        .collect()
}

/// `0008_notes.up.sql` → (`0008`, `notes`, true).
fn parse(file: &str, simple: bool) -> Option<(&str, &str, bool)> {
    let (stem, up) = match (file.strip_suffix(".up.sql"), file.strip_suffix(".down.sql")) {
        (Some(stem), _) => (stem, true),
        (None, Some(stem)) => (stem, false),
        (None, None) => (file.strip_suffix(".sql").filter(|_| simple)?, true),
    };
    let (version, name) = stem.split_once('_')?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((version, name, up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names() {
        assert_eq!(parse("0008_expense_notes.up.sql", false), Some(("0008", "expense_notes", true)));
        assert_eq!(parse("8_a_b.down.sql", false), Some(("8", "a_b", false)));
        assert_eq!(parse("8_a.sql", true), Some(("8", "a", true)));
        assert_eq!(parse("8_a.sql", false), None);
        assert_eq!(parse("README.md", true), None);
        assert_eq!(parse("seed.up.sql", false), None);
    }

    #[test]
    fn sorts_by_number_and_pairs_up() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["10_b.up.sql", "9_a.up.sql", "9_a.down.sql", "notes.txt"] {
            std::fs::write(folder.path().join(file), "SELECT 1").unwrap();
        }
        let steps = read(folder.path(), Format::Paired).unwrap();
        assert_eq!(steps.iter().map(Migration::id).collect::<Vec<_>>(), ["9_a", "10_b"]);
        assert!(steps[0].down.is_some() && steps[1].down.is_none());
        std::fs::write(folder.path().join("9_c.up.sql"), "SELECT 1").unwrap();
        assert!(read(folder.path(), Format::Paired).is_err());
    }
}
