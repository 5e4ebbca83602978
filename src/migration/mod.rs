//! Migrations: found in a folder, read without running them.
//!
//! [`MigrationSet`] holds a history whatever format it was written in; [`Reading`] is what can be told from a
//! script's text alone: does it do anything, what would it destroy, which objects does it name, what is hazardous.

mod paired;
pub mod reading;
mod script;

use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

pub use reading::Reading;
pub use script::Script;

use crate::error::{Error, Result};

/// How a folder of migrations is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `N_name.up.sql` beside `N_name.down.sql`: golang-migrate, sqlx.
    #[default]
    Paired,
}

/// One step of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// As written in the file name, leading zeros kept: `0008`.
    pub version: String,
    /// What the file name says after the version: `expense_notes`.
    pub name: String,
    /// The upgrade.
    pub up: Script,
    /// The downgrade, if there is one.
    pub down: Option<Script>,
}

impl Migration {
    /// `0008_expense_notes`.
    pub fn id(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// A history of migrations, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationSet {
    /// Oldest first.
    pub migrations: Vec<Migration>,
    /// Where they were read from.
    pub folder: PathBuf,
}

impl MigrationSet {
    /// Reads a folder.
    ///
    /// # Errors
    /// `Usage` when the folder cannot be read, holds no migration, two share a version, or a downgrade has no upgrade.
    pub fn read(folder: &Path, format: Format) -> Result<Self> {
        let migrations = match format {
            Format::Paired => paired::read(folder)?,
        };
        if migrations.is_empty() {
            return Err(Error::usage("the migrations folder holds no migration")
                .at(folder.display())
                .fix("name a folder with files like `0001_name.up.sql`"));
        }
        Ok(Self { migrations, folder: folder.to_owned() })
    }

    /// Splits at a migration given by id, version or name; the newest without one: (those before it, itself).
    ///
    /// # Errors
    /// `Usage` when no migration answers to `wanted`.
    pub fn proposal(&self, wanted: Option<&str>) -> Result<(&[Migration], &Migration)> {
        let place = match wanted {
            None => self.migrations.len().checked_sub(1),
            Some(wanted) => self
                .migrations
                .iter()
                .position(|step| step.id() == wanted || step.version == wanted || step.name == wanted),
        };
        let place = place.ok_or_else(|| {
            Error::usage(format!("no migration `{}`", wanted.unwrap_or_default())).at(self.folder.display())
        })?;
        Ok((&self.migrations[..place], &self.migrations[place]))
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
