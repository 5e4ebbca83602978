//! Migrations: found in a folder, read without running them.
//!
//! [`MigrationSet`] holds a history whatever format it was written in; [`Reading`] is what can be told from a
//! script's text alone: does it do anything, what would it destroy, which objects does it name, what is hazardous.

mod dump;
mod formats;
pub mod reading;
mod run;
mod script;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use formats::{Format, detect};
pub use reading::Reading;
pub use run::send;
pub use script::{Script, Sending};

use crate::error::{Error, Result};

/// One step of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// As written in the file name, leading zeros kept: `0008`. Empty where the format has none.
    pub version: String,
    /// What the file name says after the version: `expense_notes`.
    pub name: String,
    /// The upgrade.
    pub up: Script,
    /// The downgrade, if there is one.
    pub down: Option<Script>,
    /// A script that fails unless the upgrade is there (Sqitch). It is run in a transaction that is rolled back.
    pub verify: Option<Script>,
    /// Whether it runs again whenever its text changes, and never back (Flyway's `R__`).
    pub repeatable: bool,
}

impl Migration {
    /// A migration of one script or two.
    pub fn new(version: &str, name: &str, up: Script, down: Option<Script>) -> Self {
        Self { version: version.into(), name: name.into(), up, down, verify: None, repeatable: false }
    }

    /// `0008_expense_notes`; without a version the name alone.
    pub fn id(&self) -> String {
        match (self.version.as_str(), self.name.as_str()) {
            ("", name) if self.repeatable => format!("R_{name}"),
            ("", name) => name.to_owned(),
            (version, "") => version.to_owned(),
            (version, name) => format!("{version}_{name}"),
        }
    }

    /// Whether a person may mean it by `wanted`: id, version, name, or the file or folder without its ending.
    fn answers_to(&self, wanted: &str) -> bool {
        let file = self.up.path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        let stem = file.strip_suffix(".up.sql").or(file.strip_suffix(".sql")).unwrap_or(file);
        wanted == self.id()
            || (wanted == self.version && !wanted.is_empty())
            || wanted == self.name
            || wanted == stem
    }
}

/// A history of migrations, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationSet {
    /// Oldest first.
    pub migrations: Vec<Migration>,
    /// Where they were read from.
    pub folder: PathBuf,
    /// How they were written.
    pub format: Format,
}

impl MigrationSet {
    /// Reads a folder; without a format the folder has to show which it is.
    ///
    /// # Errors
    /// `Usage` when the folder cannot be read or holds no migration, when its format is not clear, or when a file is
    /// not what its format asks for.
    pub fn read(folder: &Path, format: Option<Format>) -> Result<Self> {
        let format = format.map_or_else(|| detect(folder), Ok)?;
        let migrations = formats::read(folder, format)?;
        if migrations.is_empty() {
            return Err(Error::usage(format!("the folder holds no migration in the format {}", format.id()))
                .at(folder.display())
                .fix("name the folder in database.migrations, and its format in database.format"));
        }
        Ok(Self { migrations, folder: folder.to_owned(), format })
    }

    /// No history: the schema comes from elsewhere.
    pub fn none(folder: &Path) -> Self {
        Self { migrations: Vec::new(), folder: folder.to_owned(), format: Format::Paired }
    }

    /// Splits at a migration given by id, version, name or file; the newest without one: (those before it, itself).
    ///
    /// # Errors
    /// `Usage` when no migration answers to `wanted`, or several do.
    pub fn proposal(&self, wanted: Option<&str>) -> Result<(&[Migration], &Migration)> {
        let place = match wanted {
            None => self.migrations.len().checked_sub(1),
            Some(wanted) => self.place(wanted)?,
        };
        let place = place.ok_or_else(|| {
            let known: Vec<_> = self.migrations.iter().map(Migration::id).collect();
            let newest = known.iter().rev().take(8).rev().cloned().collect::<Vec<_>>().join(", ");
            Error::usage(format!("the proposed migration `{}` is not there", wanted.unwrap_or_default()))
                .at(self.folder.display())
                .fix(format!("the newest are: {newest}"))
        })?;
        Ok((&self.migrations[..place], &self.migrations[place]))
    }

    fn place(&self, wanted: &str) -> Result<Option<usize>> {
        if let Some(place) = self.migrations.iter().position(|step| step.id() == wanted) {
            return Ok(Some(place));
        }
        let mut found = (0..).zip(&self.migrations).filter(|(_, step)| step.answers_to(wanted));
        match (found.next(), found.next()) {
            (Some((_, one)), Some((_, other))) => {
                Err(Error::usage(format!("`{wanted}` may be {} or {}", one.id(), other.id()))
                    .at(self.folder.display())
                    .fix("name the migration by its whole id"))
            }
            (first, _) => Ok(first.map(|(place, _)| place)),
        }
    }

    /// SHA-256 over every script, in order, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for step in &self.migrations {
            hash.update(step.id());
            for script in std::iter::once(&step.up).chain(&step.down) {
                hash.update([0]);
                hash.update(script.digest());
            }
        }
        script::hex(&hash.finalize())
    }
}
