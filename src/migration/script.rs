//! One SQL script: its text, where it stands, how its format sends it.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// How a format's tool sends a script to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sending {
    /// Between its own BEGIN and COMMIT.
    #[default]
    Transaction,
    /// All at once and without BEGIN: Postgres makes one transaction of it, unless it is a single statement that none
    /// can hold (manual, 55.2.2.1 Multiple Statements in a Simple Query).
    Whole,
    /// Each statement by itself.
    Singly,
    /// By a command of the tool; the text is what the tool prints of it. `${database_url}` is still to be filled.
    Command(Vec<String>),
}

/// The text of one direction of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The file that it came from.
    pub path: PathBuf,
    /// The SQL. Lines of the file that are not of this direction are empty, so that lines count as in the file.
    pub text: String,
    /// How it is sent.
    pub sending: Sending,
}

impl Script {
    /// A script that is already in memory, sent in a transaction.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), sending: Sending::default() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `Usage` when it cannot be read or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::usage(format!("cannot read a migration: {error}")).at(path.display()))?;
        // A byte order mark is no SQL.
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Ok(Self::new(path, text))
    }

    /// SHA-256 of the text and of how it is sent, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{:?}\0", self.sending));
        hash.update(self.text.as_bytes());
        hex(&hash.finalize())
    }

    /// `file.sql:12`, with the file's name alone.
    pub fn place(&self, line: u32) -> String {
        format!("{}:{line}", self.file())
    }

    /// The file's name; with its folder where the name alone says nothing (`0001_a/up.sql`, `deploy/a.sql`).
    pub fn file(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        let folder = self.path.parent().and_then(Path::file_name).map(|folder| folder.to_string_lossy());
        let bare = ["up.sql", "down.sql"].contains(&&*name);
        match folder {
            Some(folder) if bare || ["deploy", "revert", "verify"].contains(&&*folder) => {
                format!("{folder}/{name}")
            }
            _ => name.into_owned(),
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
