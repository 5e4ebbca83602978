//! Finding, reading and validating the subject file.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Subject;
use crate::error::{Error, Result};

/// Name of a subject file.
pub const FILE_NAME: &str = "sor-gate.toml";

/// The nearest `sor-gate.toml` in `start` or above it.
pub fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
}

/// Reads a subject file.
///
/// # Errors
/// A usage error with line and column for anything that the file's types do not allow.
pub fn load(file: &Path) -> Result<Subject> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Error::usage(format!("cannot read the subject file: {error}"))
            .at(file.display())
            .fix("name an existing file with --subject")
    })?;
    let mut subject: Subject = toml::from_str(&text).map_err(|error| {
        let place = match error.span() {
            Some(span) => {
                let (line, column) = line_and_column(&text, span.start);
                format!("{}:{line}:{column}", file.display())
            }
            None => file.display().to_string(),
        };
        Error::usage(error.message().replace('\n', " ")).at(place).fix("see the subject file's reference")
    })?;
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    subject.folder = file.parent().map(Path::to_owned).unwrap_or_default();
    subject.file = file;
    Ok(subject)
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    (line, column)
}

/// Digest of a text, `sha256:…`.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
