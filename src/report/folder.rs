//! The evidence folder: which runs there are, and whether another one can be kept.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::run_id::RunId;
use crate::error::{Error, Result};

/// The folder that holds `runs/<run-id>/` and the link `latest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFolder {
    root: PathBuf,
}

/// What stands before the names of things that do not count yet.
pub(super) const WRITING: &str = ".writing-";

impl EvidenceFolder {
    /// The folder at `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(super) fn latest(&self) -> PathBuf {
        self.root.join("latest")
    }

    /// The folder of a run, whether it is there or not.
    pub fn run(&self, id: &RunId) -> PathBuf {
        self.runs().join(id.as_str())
    }

    /// The runs that are there, oldest first.
    pub fn ids(&self) -> Vec<RunId> {
        let entries = fs::read_dir(self.runs()).into_iter().flatten().flatten();
        let mut ids: Vec<RunId> =
            entries.filter_map(|entry| RunId::parse(entry.file_name().to_str()?)).collect();
        ids.sort();
        ids
    }

    /// The run that was completed last, by the link, even where it is gone; without a link the newest there is.
    pub fn newest(&self) -> Option<RunId> {
        self.linked().or_else(|| self.ids().pop())
    }

    /// The run that `latest` points at, even where it is gone.
    pub fn linked(&self) -> Option<RunId> {
        RunId::parse(fs::read_link(self.latest()).ok()?.file_name()?.to_str()?)
    }

    /// Fails early where a run could not be kept. Creates nothing that lasts.
    ///
    /// # Errors
    /// An environment error: read-only or full disk, a file where a folder should be.
    pub fn check_writable(&self) -> Result<()> {
        match fs::symlink_metadata(self.latest()) {
            Ok(found) if !found.is_symlink() => return Err(latest_taken(&self.latest())),
            _ => {}
        }
        let place = nearest_existing(&self.runs())?;
        // An unnamed file vanishes by itself. Some bytes in it tell a full disk from a free one.
        let probe = || -> io::Result<()> {
            let mut file = tempfile::tempfile_in(&place)?;
            file.write_all(&[0; 1 << 16])?;
            file.sync_all()
        };
        probe().map_err(|error| refused("evidence cannot be written", &place, &error))
    }
}

fn nearest_existing(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path).map_err(|error| refused("no such place", path, &error))?;
    for place in absolute.ancestors() {
        match fs::metadata(place) {
            Ok(found) if found.is_dir() => return Ok(place.to_owned()),
            Ok(_) => {
                return Err(refused(
                    "evidence cannot be written",
                    place,
                    &io::ErrorKind::NotADirectory.into(),
                ));
            }
            // A link that leads nowhere would only be noticed when the run is over.
            Err(_) if place.is_symlink() => {
                return Err(refused("a link leads nowhere", place, &io::ErrorKind::NotFound.into()));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(refused("evidence cannot be written", place, &error)),
        }
    }
    Err(refused("no such place", path, &io::ErrorKind::NotFound.into()))
}

fn latest_taken(place: &Path) -> Error {
    Error::environment("`latest` is no link, and evidence is never overwritten")
        .at(place.display())
        .fix("move it away, or name another folder with --out")
}

pub(super) fn refused(what: &str, place: &Path, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room there, or name another folder with --out"
        }
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only; name another folder with --out",
        io::ErrorKind::PermissionDenied => "allow writing there, or name another folder with --out",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "something else has that name; move it away, or name another folder with --out"
        }
        _ => "name another folder with --out",
    };
    Error::environment(format!("{what}: {error}")).at(place.display()).fix(remedy)
}
