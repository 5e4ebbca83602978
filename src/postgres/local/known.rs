//! Remembers what binaries said of their version: asking takes as long as starting a server.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Binaries by path with size and times, and the banner of each. Losing it costs some milliseconds and nothing else.
pub(super) struct Known {
    file: PathBuf,
}

impl Known {
    pub fn open(cache: &Path) -> Self {
        Self { file: cache.join("servers.json") }
    }

    fn read(&self) -> BTreeMap<String, String> {
        fs::read(&self.file).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    }

    /// The banner, unless the binary has changed since.
    pub fn get(&self, binary: &Path) -> Option<String> {
        self.read().remove(&key(binary)?)
    }

    /// Remembers a banner, as well as it can.
    pub fn put(&self, binary: &Path, banner: &str) {
        let Some(key) = key(binary) else { return };
        let mut all = self.read();
        all.insert(key, banner.to_owned());
        // Renamed into place, so that a reader sees all or nothing; of two writers at once one is forgotten.
        let unfinished = self.file.with_extension(format!("{}.new", std::process::id()));
        let json = serde_json::to_vec_pretty(&all).unwrap_or_default();
        if fs::write(&unfinished, json).and_then(|()| fs::rename(&unfinished, &self.file)).is_err() {
            let _ = fs::remove_file(unfinished);
        }
    }
}

fn key(binary: &Path) -> Option<String> {
    let data = fs::metadata(binary).ok()?;
    Some(format!("{} {} {}.{}", binary.display(), data.len(), data.ctime(), data.ctime_nsec()))
}
