//! Gathers what the record says of the surroundings: the gate, the subject's files, the machine.

use std::fs;
use std::path::{Path, PathBuf};

use super::git;
use super::types::{FileDigest, HostRecord, SubjectRecord, ToolRecord};
use crate::error::{Error, Result};
use crate::subject::{Subject, digest};

/// This build of the gate.
pub fn tool() -> ToolRecord {
    ToolRecord {
        name: env!("CARGO_PKG_NAME").into(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: option_env!("SOR_GATE_COMMIT").filter(|commit| !commit.is_empty()).map(Into::into),
    }
}

/// The subject, with the digests of its files as they are now.
///
/// # Errors
/// A usage error for a file that cannot be read.
pub fn subject(subject: &Subject) -> Result<SubjectRecord> {
    let database = &subject.database;
    let mut files: Vec<PathBuf> = database.setup.iter().chain(&database.seed).cloned().collect();
    below(subject, &database.migrations, &mut files)?;
    files.sort();
    files.dedup();
    let digested = |file: &PathBuf| {
        Ok(FileDigest {
            path: file.to_string_lossy().into_owned(),
            digest: digest(&content(&subject.path(file))?),
        })
    };
    Ok(SubjectRecord {
        name: subject.name.clone(),
        title: subject.title.clone(),
        file: subject.file.display().to_string(),
        digest: digest(&content(&subject.file)?),
        commit: git::commit(&subject.folder),
        schema_files: files.iter().map(digested).collect::<Result<_>>()?,
    })
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
