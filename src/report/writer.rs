//! Writes a run into the evidence folder: it appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::folder::{EvidenceFolder, WRITING, refused};
use super::run_id::RunId;
use crate::error::{Error, Result};
use crate::record::{self, RECORD_FILE};

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

impl EvidenceFolder {
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
            sweep(self.root());
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

    fn point_latest(&self, id: &RunId) -> io::Result<()> {
        let link = self.root().join(format!("{WRITING}latest-{id}"));
        std::os::unix::fs::symlink(Path::new("runs").join(id.as_str()), &link)?;
        fs::rename(&link, self.latest()).inspect_err(|_| {
            let _ = fs::remove_file(&link);
        })?;
        File::open(self.root())?.sync_all()
    }

    /// Links the run that a writer put in place before it was killed: the one that follows the linked one.
    fn mend(&self) {
        let Some(linked) = self.linked() else { return };
        let changed = |place: &Path| fs::symlink_metadata(place).map(|it| (it.ctime(), it.ctime_nsec())).ok();
        let since = changed(&self.latest());
        let follows = |id: &RunId| {
            let head = File::open(self.run(id).join(RECORD_FILE)).map_err(|_| String::new());
            let previous = head.and_then(record::head).ok().and_then(|head| head.previous);
            previous.is_some_and(|previous| previous.run_id == linked.as_str())
        };
        // Whatever came before the link was swung cannot be it, and need not be read.
        let mut later = self.ids().into_iter().filter(|id| *id != linked && changed(&self.run(id)) >= since);
        if let Some(id) = later.find(follows) {
            // If it is refused, the chain is as it was, and `verify` tells.
            let _ = self.point_latest(&id);
        }
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
        self.folder.mend();
        last(&self, self.folder.newest())?;
        let appear = || -> io::Result<()> {
            self.lock.sync_all()?;
            // Replaces nothing: a folder with content in it refuses to be renamed over.
            fs::rename(&self.temporary, &target)?;
            guard.sync_all()?;
            let parents = self.made.iter().filter_map(|folder| folder.parent());
            // Of a relative name alone the parent is written as nothing.
            let parents =
                parents.map(|place| if place.as_os_str().is_empty() { Path::new(".") } else { place });
            parents.map(File::open).try_for_each(|parent| parent?.sync_all())
        };
        appear().map_err(|error| refused("the run's folder cannot be put in place", &target, &error))?;
        self.published = true;
        self.folder.point_latest(&self.id).map_err(|error| {
            let what = format!("the run is kept in {}, and the link to it was refused", target.display());
            refused(&what, &self.folder.latest(), &error)
        })?;
        Ok(target)
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
