//! A run's scope: its id, its scratch folder, its guard. Everything a run starts lives inside it.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::unistd::geteuid;

use super::guard::Guard;
use super::reap;
use crate::error::{Error, Result};

/// Scratch folders are `sor-gate-<run id>`; one being made has this ending.
const PREFIX: &str = "sor-gate-";
pub(super) const UNFINISHED: &str = "new";
const LOCK: &str = "lock";
/// What a memory file system must have free to be used for scratch.
const ROOM: u64 = 1 << 30;

/// Where a scope keeps its things; what is `None` is found out.
#[derive(Debug, Clone, Default)]
pub struct ScopeOptions {
    /// The folder scratch folders are made in. Else `SOR_GATE_SCRATCH`, else /dev/shm when it is a tmpfs with 1 GiB
    /// free, else the temporary folder.
    pub scratch: Option<PathBuf>,
    /// The binary to re-execute. Else `SOR_GATE_EXE`, else this process's own.
    pub exe: Option<PathBuf>,
}

/// One run's scope. Dropping it, or [`Scope::close`], ends every process of the run and removes its scratch folder.
#[derive(Debug)]
pub struct Scope {
    id: String,
    scratch: PathBuf,
    exe: PathBuf,
    in_memory: bool,
    counter: AtomicU64,
    guard: Mutex<Option<Guard>>,
    _lock: File,
}

impl Scope {
    /// Sweeps what killed runs left, makes the scratch folder, and starts the guard; before anything else is started.
    ///
    /// # Errors
    /// When the scratch folder cannot be made or the guard cannot be started.
    pub fn open(id: &str, options: ScopeOptions) -> Result<Arc<Self>> {
        let root = options.scratch.or_else(|| from_env("SOR_GATE_SCRATCH")).unwrap_or_else(default_root);
        let exe = options.exe.or_else(|| from_env("SOR_GATE_EXE")).map_or_else(own_exe, Ok)?;
        sweep(&root);
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Err(Error::harness(format!("`{id}` is no run id: letters, digits, `-` and `_` only")));
        }
        let scratch = root.join(format!("{PREFIX}{id}"));
        if scratch.exists() {
            return Err(Error::environment(format!("a run `{id}` is there already")).at(scratch.display()));
        }
        // The guard comes first, so that there is no moment at which a folder has none.
        let guard = Guard::start(&exe, id, &scratch)?;
        let lock = match make_folder(&scratch) {
            Ok(lock) => lock,
            Err(error) => {
                guard.dismiss();
                return Err(error);
            }
        };
        let in_memory = free_tmpfs(&root).is_some();
        let (counter, guard) = (AtomicU64::new(0), Mutex::new(Some(guard)));
        Ok(Arc::new(Self { id: id.into(), scratch, exe, in_memory, counter, guard, _lock: lock }))
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The run's scratch folder; gone when the scope is.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Whether the scratch folder lies in memory.
    pub fn in_memory(&self) -> bool {
        self.in_memory
    }

    /// A path in the scratch folder that nothing else of this run has; nothing is made there.
    pub fn fresh_path(&self, prefix: &str) -> PathBuf {
        self.scratch.join(format!("{prefix}{}", self.counter.fetch_add(1, Ordering::Relaxed)))
    }

    /// The binary that children are started through, this one.
    pub fn exe(&self) -> &Path {
        &self.exe
    }

    /// Ends every process of the run and removes its scratch folder; blocks for some milliseconds.
    pub fn close(&self) {
        let guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(guard) = guard {
            reap::clean(&self.id, &self.scratch);
            guard.dismiss();
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.close();
    }
}

fn from_env(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// On Linux the link in /proc still leads to this very binary when its file has been replaced by a newer build.
fn own_exe() -> Result<PathBuf> {
    let proc = PathBuf::from("/proc/self/exe");
    if proc.exists() {
        return Ok(proc);
    }
    std::env::current_exe().map_err(|error| {
        Error::environment(format!("cannot find the running binary: {error}"))
            .fix("set SOR_GATE_EXE to its path")
    })
}

fn default_root() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let usable = free_tmpfs(memory).is_some_and(|free| free >= ROOM)
        && nix::unistd::access(memory, nix::unistd::AccessFlags::W_OK).is_ok();
    if usable { memory.into() } else { std::env::temp_dir() }
}

/// The free bytes of a memory file system; `None` when the folder is not in one.
#[cfg(target_os = "linux")]
fn free_tmpfs(folder: &Path) -> Option<u64> {
    let stat = nix::sys::statfs::statfs(folder).ok()?;
    let unit = u64::try_from(stat.block_size()).ok()?;
    (stat.filesystem_type() == nix::sys::statfs::TMPFS_MAGIC).then(|| stat.blocks_available() * unit)
}

#[cfg(not(target_os = "linux"))]
fn free_tmpfs(_: &Path) -> Option<u64> {
    None
}

/// Makes and locks the folder under a passing name first, so that no sweep sees it without its lock.
fn make_folder(scratch: &Path) -> Result<File> {
    let failed = |error: std::io::Error| {
        Error::environment(format!("cannot make the scratch folder: {error}"))
            .at(scratch.display())
            .fix("set SOR_GATE_SCRATCH to a folder that can be written to")
    };
    let unfinished = scratch.with_extension(UNFINISHED);
    // Others may pass through but not look around: a server under another account reaches its own folder by name.
    DirBuilder::new().mode(0o711).create(&unfinished).map_err(failed)?;
    let lock =
        File::create(unfinished.join(LOCK)).and_then(|file| file.lock().map(|()| file)).map_err(failed)?;
    fs::rename(&unfinished, scratch).map_err(failed)?;
    Ok(lock)
}

/// Cleans up after runs of this user whose harness and guard were both killed: their lock is free.
fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(run) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let Ok(folder) = fs::symlink_metadata(&path) else { continue };
        if !folder.is_dir() || folder.uid() != geteuid().as_raw() {
            continue;
        }
        let fresh =
            folder.modified().ok().and_then(|time| time.elapsed().ok()) < Some(Duration::from_secs(60));
        let finished = path.extension().is_none_or(|ending| ending != UNFINISHED);
        match File::open(path.join(LOCK)) {
            Ok(lock) if (finished || !fresh) && lock.try_lock().is_ok() => {
                reap::clean(run, &path);
            }
            Err(_) if !fresh => _ = reap::remove(&path),
            _ => {}
        }
    }
}
