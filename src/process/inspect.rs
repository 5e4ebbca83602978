//! What a running process really has: environment, arguments, children, open sockets (proc(5), Linux).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::peers;
use crate::error::{Error, Result};

/// A running process as the system shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub pid: u32,
    /// Its arguments, the program's name first.
    pub args: Vec<String>,
    /// Its environment, as it was when it was executed.
    pub env: BTreeMap<String, String>,
    /// The user it runs as.
    pub uid: u32,
}

/// A socket that a process holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Socket {
    /// A Unix socket, with the path of its other end where that has one.
    Unix(Option<String>),
    /// A TCP connection, with the other end's port.
    Tcp(u16),
    /// Something else, or one that the system tells nothing about.
    Other,
}

impl Seen {
    /// Reads a process.
    ///
    /// # Errors
    /// When there is no such process, or it may not be looked at.
    pub fn read(pid: u32) -> Result<Self> {
        let folder = proc(pid);
        let words = |file: &str| -> Result<Vec<String>> {
            let bytes = std::fs::read(folder.join(file)).map_err(|error| unreadable(pid, file, &error))?;
            let parts = bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty());
            Ok(parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect())
        };
        let mut env = BTreeMap::new();
        for entry in words("environ")? {
            if let Some((name, value)) = entry.split_once('=') {
                env.insert(name.to_owned(), value.to_owned());
            }
        }
        let uid = std::fs::metadata(&folder).map_err(|error| unreadable(pid, "", &error))?;
        Ok(Self { pid, args: words("cmdline")?, env, uid: std::os::unix::fs::MetadataExt::uid(&uid) })
    }

    /// A process and everything that descends from it, but not what `leave_out` picks nor what descends from that.
    ///
    /// # Errors
    /// When the process itself cannot be looked at; a descendant that ended meanwhile is left out.
    pub fn tree(pid: u32, leave_out: impl Fn(&Self) -> bool) -> Result<Vec<Self>> {
        let children = children()?;
        let mut found = vec![Self::read(pid)?];
        let mut next = 0;
        while let Some(parent) = found.get(next).map(|seen| seen.pid) {
            for child in children.get(&parent).into_iter().flatten() {
                found.extend(Self::read(*child).ok().filter(|seen| !leave_out(seen)));
            }
            next += 1;
        }
        Ok(found)
    }

    /// The sockets that it holds.
    ///
    /// # Errors
    /// When its descriptors may not be looked at, or the system tells nothing about sockets.
    pub fn sockets(&self) -> Result<Vec<Socket>> {
        let folder = proc(self.pid).join("fd");
        let entries = std::fs::read_dir(&folder).map_err(|error| unreadable(self.pid, "fd", &error))?;
        let inodes: Vec<u32> = entries
            .flatten()
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .filter_map(|target| target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
            .collect();
        if inodes.is_empty() {
            return Ok(Vec::new());
        }
        let mut tcp = BTreeMap::new();
        for table in ["net/tcp", "net/tcp6"] {
            tcp.extend(tcp_ports(&std::fs::read_to_string(proc(self.pid).join(table)).unwrap_or_default()));
        }
        let unix = peers::unix_peers()?;
        Ok(inodes
            .into_iter()
            .map(|inode| match (tcp.get(&inode), unix.get(&inode)) {
                (Some(port), _) => Socket::Tcp(*port),
                (None, Some(peer)) => Socket::Unix(peer.clone()),
                (None, None) => Socket::Other,
            })
            .collect())
    }
}

fn proc(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

fn unreadable(pid: u32, what: &str, error: &std::io::Error) -> Error {
    Error::harness(format!("cannot look at a running process: {error}")).at(format!("/proc/{pid}/{what}"))
}

/// Children by parent. The name in /proc/PID/stat may hold anything, so the fields are counted behind its bracket.
fn children() -> Result<BTreeMap<u32, Vec<u32>>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = std::fs::read_dir("/proc")
        .map_err(|error| Error::harness(format!("cannot list the running processes: {error}")).at("/proc"))?;
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
        if let Some(parent) = behind.split_whitespace().nth(1).and_then(|word| word.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    Ok(children)
}

/// Inode to remote port, of /proc/net/tcp: `sl local_address rem_address st … inode`.
fn tcp_ports(table: &str) -> Vec<(u32, u16)> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let port = u16::from_str_radix(fields.get(2)?.rsplit_once(':')?.1, 16).ok()?;
        Some((fields.get(9)?.parse().ok()?, port))
    };
    table.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn the_other_end_of_a_unix_socket_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".s.PGSQL.5432");
        let listener = UnixListener::bind(&path).unwrap();
        let client = UnixStream::connect(&path).unwrap();
        let server = listener.accept().unwrap();
        let own = Seen::read(std::process::id()).unwrap();
        let wanted = Socket::Unix(Some(path.display().to_string()));
        assert!(own.sockets().unwrap().contains(&wanted));
        drop((client, server));
        assert!(!own.sockets().unwrap().contains(&wanted));
    }

    #[test]
    fn remote_ports_are_read_in_hexadecimal() {
        let table = "sl local rem\n 0: 0100007F:C350 0100007F:1538 01 0:0 0:0 0 0 0 4711 1 x\n";
        assert_eq!(tcp_ports(table), [(4711, 5432)]);
    }
}
