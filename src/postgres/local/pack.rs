//! A data folder as one file: read back in one sweep, and whole or not at all.
//!
//! Layout: the magic line, the header's length (u64, little endian), the header as JSON, the files' bytes in order.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::process::Account;

const MAGIC: &[u8] = b"sor-gate data folder 1\n";
/// How the error for a pack that cannot be used begins.
pub(super) const DAMAGED: &str = "the cached template is damaged";
/// What belongs to a running server and not to its state.
const PASSING: [&str; 2] = ["postmaster.pid", "postmaster.opts"];

#[derive(Debug, Default, Serialize, Deserialize)]
struct Header {
    folders: Vec<PathBuf>,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    crc: u32,
}

/// Writes the folder of a stopped server to a new file. The caller renames it into place.
pub(super) fn pack(data: &Path, to: &Path) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut header = Header::default();
        let mut contents = Vec::new();
        gather(data, Path::new(""), &mut header, &mut contents)?;
        let json = serde_json::to_vec(&header)?;
        let mut out = BufWriter::new(File::create(to)?);
        out.write_all(MAGIC)?;
        out.write_all(&(json.len() as u64).to_le_bytes())?;
        out.write_all(&json)?;
        out.write_all(&contents)?;
        out.into_inner()?.sync_all()
    };
    write().map_err(|error| {
        let _ = fs::remove_file(to);
        Error::environment(format!("cannot write a template: {error}"))
            .at(to.display())
            .fix("set SOR_GATE_CACHE to a folder that can be written to, with 100 MB free")
    })
}

fn gather(root: &Path, folder: &Path, header: &mut Header, contents: &mut Vec<u8>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(root.join(folder))?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            header.folders.push(path.clone());
            gather(root, &path, header, contents)?;
        } else if !PASSING.iter().any(|name| path == Path::new(name)) {
            let start = contents.len();
            File::open(entry.path())?.read_to_end(contents)?;
            let bytes = (contents.len() - start) as u64;
            header.files.push(Entry { path, bytes, crc: crc32fast::hash(&contents[start..]) });
        }
    }
    Ok(())
}

/// Whether a file is there and as long as its header says.
pub(super) fn is_whole(pack: &Path) -> bool {
    File::open(pack).is_ok_and(|file| open(&file).is_ok())
}

/// The header and where the contents begin.
fn open(mut file: &File) -> io::Result<(Header, u64)> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let mut start = [0; MAGIC.len() + 8];
    file.read_exact(&mut start)?;
    let (magic, length) = start.split_at(MAGIC.len());
    let length = u64::from_le_bytes(length.try_into().map_err(|_| damaged())?);
    let total = file.metadata()?.len();
    if magic != MAGIC || length > total {
        return Err(damaged());
    }
    let mut json = vec![0; usize::try_from(length).map_err(|_| damaged())?];
    file.read_exact(&mut json)?;
    let header: Header = serde_json::from_slice(&json)?;
    let begin = start.len() as u64 + length;
    let contents: u64 = header.files.iter().map(|entry| entry.bytes).sum();
    if begin + contents == total { Ok((header, begin)) } else { Err(damaged()) }
}

/// Writes the data folder back to a new place, owned by the server's account, on two threads.
pub(super) fn unpack(pack: &Path, data: &Path, account: Option<Account>) -> Result<()> {
    let unreadable = |error: io::Error| {
        Error::environment(format!("{DAMAGED}: {error}"))
            .at(pack.display())
            .fix("run again: it is built anew")
    };
    let failed = |error: io::Error| {
        let error = Error::environment(format!("cannot write a data folder: {error}")).at(data.display());
        error.fix("set SOR_GATE_SCRATCH to a folder with room")
    };
    let file = File::open(pack).map_err(unreadable)?;
    let (header, begin) = open(&file).map_err(unreadable)?;
    for folder in std::iter::once(Path::new("")).chain(header.folders.iter().map(PathBuf::as_path)) {
        let path = data.join(folder);
        DirBuilder::new().mode(0o700).create(&path).map_err(failed)?;
        if let Some(account) = account {
            chown(&path, Some(account.uid), Some(account.gid)).map_err(failed)?;
        }
    }
    let (front, back, middle) = halves(&header.files);
    let write = |entries: &[Entry], mut at: u64| -> Result<()> {
        let mut buffer = Vec::new();
        for entry in entries {
            buffer.resize(usize::try_from(entry.bytes).unwrap_or(usize::MAX), 0);
            file.read_exact_at(&mut buffer, at).map_err(unreadable)?;
            at += entry.bytes;
            if crc32fast::hash(&buffer) != entry.crc {
                return Err(unreadable(io::Error::other(format!("{} differs", entry.path.display()))));
            }
            write_file(&data.join(&entry.path), &buffer, account).map_err(failed)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| write(back, begin + middle));
        let own = write(front, begin);
        let other = other.join().unwrap_or_else(|_| Err(Error::harness("a copying thread failed")));
        own.and(other)
    })
}

/// Two parts of about the same number of bytes, and where the second begins.
fn halves(files: &[Entry]) -> (&[Entry], &[Entry], u64) {
    // Making a file costs about as much as writing 16 KiB.
    let cost = |entry: &Entry| entry.bytes + 16 * 1024;
    let half = files.iter().map(cost).sum::<u64>() / 2;
    let mut so_far = 0;
    let split = files.iter().take_while(|entry| {
        so_far += cost(entry);
        so_far <= half
    });
    let (front, back) = files.split_at(split.count());
    (front, back, front.iter().map(|entry| entry.bytes).sum())
}

fn write_file(path: &Path, bytes: &[u8], account: Option<Account>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    if let Some(account) = account {
        fchown(&file, Some(account.uid), Some(account.gid))?;
    }
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("base/1")).unwrap();
        fs::create_dir(data.join("empty")).unwrap();
        fs::write(data.join("PG_VERSION"), "15\n").unwrap();
        fs::write(data.join("base/1/16384"), vec![7; 100_000]).unwrap();
        fs::write(data.join("postmaster.pid"), "1").unwrap();
        let file = folder.path().join("pack");
        pack(&data, &file).unwrap();
        (folder, file)
    }

    #[test]
    fn comes_back_the_same() {
        let (folder, file) = packed();
        let copy = folder.path().join("copy");
        unpack(&file, &copy, None).unwrap();
        assert_eq!(fs::read(copy.join("base/1/16384")).unwrap(), vec![7; 100_000]);
        assert!(copy.join("empty").is_dir() && !copy.join("postmaster.pid").exists());
    }

    #[test]
    fn half_a_pack_is_none_and_a_changed_byte_is_noticed() {
        let (folder, file) = packed();
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert!(!is_whole(&file));
        let mut changed = bytes;
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&file, &changed).unwrap();
        assert!(is_whole(&file));
        let error = unpack(&file, &folder.path().join("copy"), None).unwrap_err();
        assert!(error.what.starts_with(DAMAGED), "{error}");
    }
}
