//! A pack written back to a new data folder.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, chown, fchown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::pack::{self, Entry};
use crate::error::{Error, Result};
use crate::process::Account;

/// How the error for a pack that cannot be used begins.
pub(super) const DAMAGED: &str = "the cached template is damaged";
/// How much is read before it is written, in bytes.
const CHUNK: usize = 128 * 1024;

/// Numbers what is being written, for names of their own.
static UNFINISHED: AtomicU64 = AtomicU64::new(0);

/// Folders that no server writes to, kept once a run: every data folder has a link to them in their place.
#[derive(Debug)]
pub(super) struct Frozen {
    home: PathBuf,
    being_written: Mutex<()>,
}

impl Frozen {
    /// None are there yet; they are made in this folder.
    pub fn new(home: &Path) -> Self {
        Self { home: home.to_owned(), being_written: Mutex::default() }
    }
}

/// A file of the pack, and where its bytes begin there.
#[derive(Clone, Copy)]
struct Piece<'a> {
    entry: &'a Entry,
    at: u64,
}

/// Writes the data folder to a new place, owned by the server's account, on two threads.
pub(super) fn unpack(pack: &Path, data: &Path, account: Option<Account>, frozen: &Frozen) -> Result<()> {
    let file = File::open(pack).map_err(|error| damaged(pack, &error))?;
    let (header, mut at) = pack::open(&file).map_err(|error| damaged(pack, &error))?;
    let source = Source { pack, file, account };
    let is_frozen = |path: &Path| header.frozen.iter().any(|folder| path.starts_with(folder));
    source.folder(data)?;
    for folder in header.folders.iter().filter(|folder| !is_frozen(folder)) {
        source.folder(&data.join(folder))?;
    }
    let mut pieces = Vec::with_capacity(header.files.len());
    for entry in &header.files {
        pieces.push(Piece { entry, at });
        at += entry.bytes;
    }
    for folder in &header.frozen {
        let within: Vec<Piece<'_>> =
            pieces.iter().copied().filter(|piece| piece.entry.path.starts_with(folder)).collect();
        let home = source.freeze(folder, &within, frozen)?;
        let link = data.join(folder);
        symlink(home, &link).map_err(|error| unwritable(&link, &error))?;
    }
    pieces.retain(|piece| !is_frozen(&piece.entry.path));
    let (front, back) = halves(&pieces);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| source.files(back, data));
        let own = source.files(front, data);
        let other = other.join().unwrap_or_else(|_| Err(Error::harness("a copying thread failed")));
        own.and(other)
    })
}

/// A pack that is read.
struct Source<'a> {
    pack: &'a Path,
    file: File,
    account: Option<Account>,
}

impl Source<'_> {
    fn folder(&self, path: &Path) -> Result<()> {
        let made = DirBuilder::new().mode(0o700).create(path).and_then(|()| match self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        });
        made.map_err(|error| unwritable(path, &error))
    }

    fn files(&self, pieces: &[Piece<'_>], to: &Path) -> Result<()> {
        let mut buffer = vec![0; CHUNK];
        pieces.iter().try_for_each(|piece| self.write(*piece, &to.join(&piece.entry.path), &mut buffer))
    }

    fn write(&self, piece: Piece<'_>, path: &Path, buffer: &mut [u8]) -> Result<()> {
        let failed = |error: io::Error| unwritable(path, &error);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = made.map_err(failed)?;
        if let Some(account) = self.account {
            fchown(&file, Some(account.uid), Some(account.gid)).map_err(failed)?;
        }
        let (mut at, end) = (piece.at, piece.at + piece.entry.bytes);
        let mut crc = crc32fast::Hasher::new();
        while at < end {
            let many = usize::try_from(end - at).map_or(buffer.len(), |left| left.min(buffer.len()));
            let chunk = &mut buffer[..many];
            self.file.read_exact_at(chunk, at).map_err(|error| damaged(self.pack, &error))?;
            crc.update(chunk);
            file.write_all(chunk).map_err(failed)?;
            at += many as u64;
        }
        if crc.finalize() == piece.entry.crc {
            return Ok(());
        }
        Err(damaged(self.pack, &io::Error::other(format!("{} differs", piece.entry.path.display()))))
    }

    /// Where a frozen folder lies: written by the first that asks, under a name that tells its contents.
    fn freeze(&self, folder: &Path, within: &[Piece<'_>], frozen: &Frozen) -> Result<PathBuf> {
        let mut digest = crc32fast::Hasher::new();
        for Piece { entry, .. } in within {
            digest.update(format!("{} {} {}\n", entry.path.display(), entry.bytes, entry.crc).as_bytes());
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let home = frozen.home.join(format!("frozen-{name}-{:08x}", digest.finalize()));
        let _writing = frozen.being_written.lock().unwrap_or_else(PoisonError::into_inner);
        if home.exists() {
            return Ok(home);
        }
        let unfinished = home.with_extension(format!("{}.new", UNFINISHED.fetch_add(1, Ordering::Relaxed)));
        self.folder(&unfinished)?;
        let mut buffer = vec![0; CHUNK];
        for piece in within {
            let path = piece.entry.path.strip_prefix(folder).unwrap_or(&piece.entry.path);
            self.write(*piece, &unfinished.join(path), &mut buffer)?;
        }
        match fs::rename(&unfinished, &home) {
            // Another provisioner of the run was quicker.
            Err(_) if home.exists() => _ = fs::remove_dir_all(&unfinished),
            done => done.map_err(|error| unwritable(&home, &error))?,
        }
        Ok(home)
    }
}

/// Two parts that take about the same time to write.
fn halves<'p, 'a>(pieces: &'p [Piece<'a>]) -> (&'p [Piece<'a>], &'p [Piece<'a>]) {
    // Making a file costs about as much as writing 16 KiB.
    let cost = |piece: &Piece<'_>| piece.entry.bytes + 16 * 1024;
    let half = pieces.iter().map(cost).sum::<u64>() / 2;
    let mut so_far = 0;
    let split = pieces.iter().take_while(|piece| {
        so_far += cost(piece);
        so_far <= half
    });
    pieces.split_at(split.count())
}

fn damaged(pack: &Path, error: &io::Error) -> Error {
    Error::environment(format!("{DAMAGED}: {error}")).at(pack.display()).fix("run again: it is built anew")
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::environment(format!("cannot write a data folder: {error}"))
        .at(path.display())
        .fix("set SOR_GATE_SCRATCH to a folder with room")
}

#[cfg(test)]
mod tests;
