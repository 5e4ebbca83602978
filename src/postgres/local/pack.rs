//! A data folder as one file: read back in one sweep, and whole or not at all.
//!
//! Layout: the magic line, the header's length (u64, little endian), the header as JSON, the files' bytes in order.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

const MAGIC: &[u8] = b"sor-gate data folder 2\n";
/// What belongs to a running server and not to its state: a server removes these when it starts.
const PASSING: [&str; 3] = ["postmaster.pid", "postmaster.opts", "pg_internal.init"];

/// What a pack holds; paths are relative to the data folder.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Header {
    pub folders: Vec<PathBuf>,
    pub files: Vec<Entry>,
    /// Those of the folders that no server writes to.
    pub frozen: Vec<PathBuf>,
}

/// A file, its length and the checksum of its bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub path: PathBuf,
    pub bytes: u64,
    pub crc: u32,
}

/// Writes the folder of a stopped server to a new file. The caller renames it into place.
pub(super) fn pack(data: &Path, frozen: Vec<PathBuf>, to: &Path) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut header = Header { frozen, ..Header::default() };
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
        } else if !PASSING.iter().any(|name| path.ends_with(name)) {
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
pub(super) fn open(mut file: &File) -> io::Result<(Header, u64)> {
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
