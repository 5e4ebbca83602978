//! Who is at the other end of a Unix socket: asked of the kernel by sock_diag(7), since /proc/net/unix does not tell.

use std::collections::BTreeMap;

use crate::error::Result;

/// Path of the other end by inode of this end; `None` for an end without a path.
#[cfg(target_os = "linux")]
pub(super) fn unix_peers() -> Result<BTreeMap<u32, Option<String>>> {
    use nix::sys::socket::{self, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType};
    use std::os::fd::AsRawFd;

    let failed = |errno: nix::Error| {
        crate::error::Error::harness(format!("the kernel tells nothing about sockets: {}", errno.desc()))
            .at("sock_diag(7)")
    };
    let socket = socket::socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )
    .map_err(failed)?;
    let fd = socket.as_raw_fd();
    socket::sendto(fd, &request(), &NetlinkAddr::new(0, 0), MsgFlags::empty()).map_err(failed)?;
    let mut ends = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = socket::recv(fd, &mut buffer, MsgFlags::empty()).map_err(failed)?;
        if !gather(&buffer[..length], &mut ends) {
            return Ok(paired(&ends));
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn unix_peers() -> Result<BTreeMap<u32, Option<String>>> {
    Err(crate::error::Error::harness("open sockets can be listed on Linux only"))
}

/// One end: its inode, its path, its peer's inode.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    inode: u32,
    path: Option<String>,
    peer: Option<u32>,
}

fn paired(ends: &[End]) -> BTreeMap<u32, Option<String>> {
    let paths: BTreeMap<u32, &str> =
        ends.iter().filter_map(|end| Some((end.inode, end.path.as_deref()?))).collect();
    let peer = |end: &End| end.peer.and_then(|peer| paths.get(&peer)).map(|path| (*path).to_owned());
    ends.iter().map(|end| (end.inode, peer(end))).collect()
}

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const UDIAG_SHOW_NAME_AND_PEER: u32 = 0x1 | 0x4;
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_PEER: u16 = 2;
const HEADER: usize = 16;

/// A netlink header and a `struct unix_diag_req` for every Unix socket (linux/unix_diag.h).
fn request() -> Vec<u8> {
    let mut request = Vec::new();
    request.extend_from_slice(&40_u32.to_ne_bytes());
    request.extend_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    request.extend_from_slice(&NLM_F_REQUEST_DUMP.to_ne_bytes());
    request.extend_from_slice(&[0; 8]);
    request.extend_from_slice(&[1, 0, 0, 0]);
    for word in [u32::MAX, 0, UDIAG_SHOW_NAME_AND_PEER, 0, 0] {
        request.extend_from_slice(&word.to_ne_bytes());
    }
    request
}

/// Takes the ends out of one datagram; `false` when it was the last.
fn gather(mut datagram: &[u8], ends: &mut Vec<End>) -> bool {
    while datagram.len() >= HEADER {
        let length = usize::try_from(word(datagram, 0)).unwrap_or(usize::MAX);
        let kind = half(datagram, 4);
        if kind == NLMSG_DONE || kind == NLMSG_ERROR || length < HEADER || length > datagram.len() {
            return false;
        }
        if let Some(end) = end(&datagram[HEADER..length]) {
            ends.push(end);
        }
        datagram = &datagram[aligned(length).min(datagram.len())..];
    }
    true
}

/// A `struct unix_diag_msg` and its attributes.
fn end(message: &[u8]) -> Option<End> {
    let mut rest = message.get(HEADER..)?;
    let mut end = End { inode: word(message, 4), path: None, peer: None };
    while rest.len() >= 4 {
        let length = usize::from(half(rest, 0));
        let value = rest.get(4..length)?;
        match half(rest, 2) {
            UNIX_DIAG_NAME => {
                let path = String::from_utf8_lossy(value).trim_matches('\0').to_owned();
                end.path = (!path.is_empty()).then_some(path);
            }
            UNIX_DIAG_PEER if value.len() >= 4 => end.peer = Some(word(value, 0)),
            _ => {}
        }
        rest = &rest[aligned(length).min(rest.len())..];
    }
    Some(end)
}

fn aligned(length: usize) -> usize {
    length.div_ceil(4) * 4
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_ne_bytes)
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, u16::from_ne_bytes)
}
