//! One SQL script: its text, where it stands, its digest.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The text of one direction of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The file that it came from.
    pub path: PathBuf,
    /// The SQL.
    pub text: String,
    /// Whether the format runs it inside one transaction.
    pub transactional: bool,
}

impl Script {
    /// A script that is already in memory.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), transactional: true }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `Usage` when it cannot be read or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::usage(format!("cannot read a migration: {error}")).at(path.display()))?;
        Ok(Self::new(path, text))
    }

    /// SHA-256 of the text, in hexadecimal.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.text.as_bytes()))
    }

    /// `file.sql:12`, with the file's name alone.
    pub fn place(&self, line: u32) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        format!("{name}:{line}")
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
