//! The evidence folder: a run appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::run_id::RunId;
use crate::error::{Error, Result};

/// The folder that holds `runs/<run-id>/` and the link `latest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFolder {
    root: PathBuf,
}

/// A run being written, out of sight until [`RunWriter::publish`]. Dropped before that, it leaves nothing.
#[derive(Debug)]
pub struct RunWriter {
    folder: EvidenceFolder,
    id: RunId,
    temporary: PathBuf,
    /// Locked while the writer lives; the system frees it however the process ends.
    lock: File,
    /// Folders that this writer made on the way, outermost first.
    made: Vec<PathBuf>,
    published: bool,
}

const WRITING: &str = ".writing-";

impl EvidenceFolder {
    /// The folder at `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    fn latest(&self) -> PathBuf {
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

    /// Starts a run's folder, first sweeping what killed writers left.
    ///
    /// # Errors
    /// As [`EvidenceFolder::check_writable`]; also when the run's folder exists already.
    pub fn begin(&self, id: &RunId) -> Result<RunWriter> {
        const TRIES: usize = 3;
        let made = missing_folders(&self.runs());
        let mut started = self.start(id, &made);
        // Another writer that gave up may just have removed the empty folder that it had made.
        for _ in 1..TRIES {
            if started.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
                started = self.start(id, &made);
            }
        }
        started.map_err(|error| {
            remove_if_empty(&made);
            refused("a run's folder cannot be made", &self.runs(), &error)
        })
    }

    fn start(&self, id: &RunId, made: &[PathBuf]) -> io::Result<RunWriter> {
        let runs = self.runs();
        fs::create_dir_all(&runs)?;
        // Under this lock nobody sweeps a folder between its making and its locking.
        let guard = File::open(&runs)?;
        if guard.lock().is_ok() {
            sweep(&runs);
            sweep(&self.root);
        }
        let temporary = runs.join(format!("{WRITING}{id}"));
        if runs.join(id.as_str()).exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::create_dir(&temporary)?;
        let lock = File::open(&temporary)?;
        // Where a file system knows no locks nobody can sweep either.
        let _ = lock.try_lock();
        let made = made.to_vec();
        Ok(RunWriter { folder: self.clone(), id: id.clone(), temporary, lock, made, published: false })
    }
}

impl RunWriter {
    /// Writes one file of the run, through to the disk. `name` is a plain file name.
    ///
    /// # Errors
    /// An environment error when the disk refuses; a harness error for a name that is none.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
            return Err(Error::harness(format!("`{name}` is no plain file name")));
        }
        let path = self.temporary.join(name);
        let write = || -> io::Result<()> {
            let mut file = File::create_new(&path)?;
            file.write_all(content)?;
            file.sync_all()
        };
        write().map_err(|error| refused("evidence cannot be written", &path, &error))
    }

    /// Lets the run appear under its id, and points `latest` at it. Returns the run's folder.
    ///
    /// # Errors
    /// An environment error. If only the link was refused, the run's folder stands and the error says so.
    pub fn publish(self) -> Result<PathBuf> {
        self.publish_with(|_, _| Ok(()))
    }

    /// The same, with last files that depend on the run completed before this one (its id; `None` for the first). No other
    /// run appears in between.
    ///
    /// # Errors
    /// As [`RunWriter::publish`], and those of `last`.
    pub fn publish_with(mut self, last: impl FnOnce(&Self, Option<RunId>) -> Result<()>) -> Result<PathBuf> {
        let runs = self.folder.runs();
        let target = runs.join(self.id.as_str());
        // Links being swung are swept only by whoever holds this lock.
        let guard = File::open(&runs).map_err(|error| refused("the runs cannot be opened", &runs, &error))?;
        let _ = guard.lock();
        last(&self, self.folder.newest())?;
        let appear = || -> io::Result<()> {
            self.lock.sync_all()?;
            // Replaces nothing: a folder with content in it refuses to be renamed over.
            fs::rename(&self.temporary, &target)?;
            guard.sync_all()
        };
        appear().map_err(|error| refused("the run's folder cannot be put in place", &target, &error))?;
        self.published = true;
        self.point_latest().map_err(|error| {
            let what = format!("the run is kept in {}, and the link to it was refused", target.display());
            refused(&what, &self.folder.latest(), &error)
        })?;
        Ok(target)
    }

    fn point_latest(&self) -> io::Result<()> {
        let link = self.folder.root.join(format!("{WRITING}latest-{}", self.id));
        std::os::unix::fs::symlink(Path::new("runs").join(self.id.as_str()), &link)?;
        fs::rename(&link, self.folder.latest()).inspect_err(|_| {
            let _ = fs::remove_file(&link);
        })?;
        File::open(&self.folder.root)?.sync_all()
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_dir_all(&self.temporary);
            remove_if_empty(&self.made);
        }
    }
}

/// Removes what writers that are gone left: whoever lives holds its folder's lock.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(WRITING.as_bytes()) {
            continue;
        }
        let path = entry.path();
        if path.is_symlink() {
            let _ = fs::remove_file(&path);
        } else if File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(&path);
        }
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

fn missing_folders(path: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> = path
        .ancestors()
        .filter(|place| !place.as_os_str().is_empty())
        .take_while(|place| !place.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    missing
}

fn remove_if_empty(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
}

fn latest_taken(place: &Path) -> Error {
    Error::environment("`latest` is no link, and evidence is never overwritten")
        .at(place.display())
        .fix("move it away, or name another folder with --out")
}

fn refused(what: &str, place: &Path, error: &io::Error) -> Error {
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
