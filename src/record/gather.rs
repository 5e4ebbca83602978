//! Gathers what the record says of the surroundings: the gate, the subject's files, the machine.

use std::fs;
use std::path::{Path, PathBuf};

use super::git;
use super::ground::{HostRecord, SubjectRecord};
use super::types::{FileDigest, ToolRecord};
use crate::error::{Error, Result};
use crate::process::Scope;
use crate::subject::{Subject, digest};

/// This build of the gate.
pub fn tool() -> ToolRecord {
    ToolRecord {
        name: env!("CARGO_PKG_NAME").into(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: option_env!("SOR_GATE_COMMIT").filter(|commit| !commit.is_empty()).map(Into::into),
    }
}

/// The subject that the drills are put to, with the digests of its files as they are now. Evidence, which is kept in
/// `evidence`, is no change of the subject.
///
/// # Errors
/// A usage error for a file that cannot be read.
pub async fn subject(
    scope: &Scope,
    subject: &Subject,
    drills: Vec<String>,
    evidence: &Path,
) -> Result<SubjectRecord> {
    let files = schema_files(subject)?;
    let digested = |file: &PathBuf| {
        Ok(FileDigest {
            path: file.to_string_lossy().into_owned(),
            digest: digest(&content(&subject.path(file))?),
        })
    };
    Ok(SubjectRecord {
        drills,
        name: subject.name.clone(),
        title: subject.title.clone(),
        file: subject.file.display().to_string(),
        digest: digest(&content(&subject.file)?),
        commit: git::commit(&subject.folder),
        uncommitted: git::uncommitted(scope, &subject.folder, evidence).await,
        schema_files: files.iter().map(digested).collect::<Result<_>>()?,
    })
}

/// Setup, migrations and seeds, as seen from the subject file.
pub(super) fn schema_files(subject: &Subject) -> Result<Vec<PathBuf>> {
    let database = &subject.database;
    let mut files: Vec<PathBuf> =
        database.setup.iter().chain(&database.seed).chain(&database.dump).cloned().collect();
    if let Some(folder) = &database.migrations {
        below(subject, folder, &mut files)?;
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// This machine.
pub fn host() -> HostRecord {
    let (name, kernel, architecture) = match nix::sys::utsname::uname() {
        Ok(names) => {
            let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
            let kernel = format!("{} {}", text(names.sysname()), text(names.release()));
            (text(names.nodename()), kernel, text(names.machine()))
        }
        Err(_) => (String::new(), std::env::consts::OS.into(), std::env::consts::ARCH.into()),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    HostRecord { name, system: system().unwrap_or_else(|| kernel.clone()), kernel, architecture, cores }
}

/// `PRETTY_NAME` of os-release(5).
fn system() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches('"').to_owned())
}

fn below(subject: &Subject, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let place = subject.path(folder);
    let unreadable = |error: std::io::Error| {
        Error::usage(format!("cannot read the migrations: {error}")).at(place.display())
    };
    for entry in fs::read_dir(&place).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = folder.join(entry.file_name());
        if entry.file_type().map_err(unreadable)?.is_dir() {
            below(subject, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn content(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| Error::usage(format!("cannot read: {error}")).at(file.display()))
}
