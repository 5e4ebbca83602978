//! What lies in a folder of migrations.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Everything directly in the folder, by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| {
        Error::usage(format!("cannot read the migrations folder: {error}")).at(folder.display())
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        found.push(entry.map_err(failed)?.path());
    }
    found.sort();
    Ok(found)
}

/// The same, with what lies in its subfolders; links to folders are not followed.
pub(super) fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() && !path.is_symlink() { found.extend(all(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

/// The name of a file as text; empty when it is not UTF-8.
pub(super) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Digits at the start, and what follows them.
pub(super) fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// `12_add_notes` → (`12`, `add_notes`).
pub(super) fn version_and_name(stem: &str) -> Option<(&str, &str)> {
    let (version, rest) = number(stem)?;
    Some((version, rest.trim_start_matches(['_', '-'])))
}

/// The version as a number.
pub(super) fn value(version: &str, path: &Path) -> Result<u64> {
    version
        .parse()
        .map_err(|_| Error::usage("the version of a migration does not fit into 64 bits").at(path.display()))
}
