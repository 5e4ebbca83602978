//! The template store: built once, by one process at a time, renamed into place when whole.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::find::Installation;
use super::{blocking, initdb, pack};
use crate::error::{Error, Result};

/// Templates not used for this long are removed when another is built,
const KEPT: Duration = Duration::from_secs(14 * 24 * 3600);
/// and so are the least recently used beyond this many.
const MOST: usize = 32;
const PACK: &str = "pack";

/// The folder of templates.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub fn open(root: &Path) -> Result<Self> {
        let folder = root.join("templates");
        fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
        Ok(Self { folder })
    }

    /// The file of a template: it depends on the key, the exact server and how it is initialised.
    pub fn path(&self, of: &Installation, key: &str) -> PathBuf {
        let mut digest = Sha256::new();
        let bin = of.bin.to_string_lossy();
        let made_by = [bin.as_ref(), &of.banner, super::SUPERUSER].into_iter();
        for part in made_by.chain(initdb::OPTIONS).chain(initdb::LOCALES).chain([key]) {
            digest.update(part);
            digest.update([0]);
        }
        let digest: String = digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let kind = if key.is_empty() { "bare" } else { "made" };
        self.folder.join(format!("{kind}-{}-{digest}.{PACK}", of.version))
    }

    /// The template at `path`, built into a neighbouring file first when there is none or half of one.
    pub async fn keep<F>(&self, path: PathBuf, build: impl FnOnce(PathBuf) -> F) -> Result<PathBuf>
    where
        F: Future<Output = Result<()>>,
    {
        if self.is_there(&path) {
            return Ok(path);
        }
        let lock = path.with_extension("lock");
        let held = blocking(move || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&lock);
            let locked = file.and_then(|file: File| file.lock().map(|()| file));
            locked.map_err(|error| unwritable(&lock, &error))
        });
        let _held = held.await?;
        // Another may have built it while this one waited.
        if self.is_there(&path) {
            return Ok(path);
        }
        let unfinished = path.with_extension("new");
        build(unfinished.clone()).await?;
        fs::rename(&unfinished, &path).map_err(|error| unwritable(&path, &error))?;
        self.prune();
        Ok(path)
    }

    fn is_there(&self, path: &Path) -> bool {
        let whole = pack::is_whole(path);
        if whole && let Ok(file) = File::open(path) {
            // The time of last use; where it cannot be set the template is merely removed earlier.
            let _ = file.set_modified(SystemTime::now());
        }
        whole
    }

    fn prune(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let packs = entries.filter(|path| path.extension().is_some_and(|ending| ending == PACK));
        let used = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        let mut packs: Vec<_> = packs.filter_map(|path| used(&path).map(|time| (time, path))).collect();
        packs.sort_by(|a, b| b.cmp(a));
        for (n, (time, path)) in packs.into_iter().enumerate() {
            if n >= MOST || time.elapsed().is_ok_and(|age| age > KEPT) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::environment(format!("cannot write to the cache: {error}"))
        .at(path.display())
        .fix("set SOR_GATE_CACHE to a folder that can be written to")
}
