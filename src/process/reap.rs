//! Ending every process of a run and removing what it left, from /proc alone; shared by scope, guard and sweep.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, getpgid};

use super::RUN_MARK;

/// How often the process table is looked at while something is ending.
const TICK: Duration = Duration::from_millis(2);
/// How long a Postgres server may take to stop at once before it is killed.
const SERVER_PATIENCE: Duration = Duration::from_secs(1);
/// How long to go on killing before giving up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends every process of the run, removes its containers and its scratch folder. Safe to repeat and to run twice at
/// once. Returns whether nothing is left.
pub(super) fn clean(run: &str, scratch: &Path) -> bool {
    let alone = end_all(run, scratch);
    if scratch.join(crate::postgres::CONTAINERS_USED).exists() {
        crate::postgres::remove_containers(run);
    }
    alone && remove(scratch)
}

/// Ends every process that carries the run's mark and every server in its scratch folder. Servers are asked to stop at
/// once with SIGQUIT, so that they give back their shared memory; anything else is killed.
fn end_all(run: &str, scratch: &Path) -> bool {
    let started = Instant::now();
    let mut clear = 0;
    while started.elapsed() < PATIENCE {
        let found = find(run, scratch);
        if found.is_empty() {
            // One look can miss a child born behind its back by a parent that ends before it is reached.
            clear += 1;
            if clear == 2 {
                return true;
            }
            continue;
        }
        clear = 0;
        for (pid, is_server) in found {
            let soft = is_server && started.elapsed() < SERVER_PATIENCE;
            let _ = kill(pid, if soft { Signal::SIGQUIT } else { Signal::SIGKILL });
        }
        std::thread::sleep(TICK);
    }
    false
}

/// The living processes of the run, and whether each is a Postgres server or one of its backends (which overwrite
/// their environment, but work inside the data folder).
fn find(run: &str, scratch: &Path) -> Vec<(Pid, bool)> {
    let mark = format!("{RUN_MARK}={run}");
    let all = processes().filter(|pid| *pid != Pid::this());
    all.filter_map(|pid| {
        let folder = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
        let inside = folder.starts_with(scratch);
        let is_server = inside && folder.join("PG_VERSION").exists();
        (is_server || carries(pid, &mark)).then_some((pid, is_server))
    })
    .collect()
}

fn carries(pid: Pid, mark: &str) -> bool {
    // A process of another user cannot be read and cannot be ours; a zombie's environment reads empty.
    let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environ.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes())
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
}

/// The processes of a group that carry the run's mark.
pub(super) fn members(group: Pid, run: &str) -> Vec<Pid> {
    if nix::sys::signal::killpg(group, None) == Err(Errno::ESRCH) {
        return Vec::new();
    }
    let mark = format!("{RUN_MARK}={run}");
    processes().filter(|pid| getpgid(Some(*pid)) == Ok(group) && carries(*pid, &mark)).collect()
}

/// Waits for a child's end without taking its status from whoever waits for it.
pub(super) fn await_exit(pid: Pid, deadline: Duration) -> bool {
    let started = Instant::now();
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
    while let Ok(WaitStatus::StillAlive) = waitid(Id::Pid(pid), look) {
        if started.elapsed() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Removes a folder, also while a dying process still writes into it. The lock goes last, so that a removal cut short
/// is found by the next sweep.
pub(super) fn remove(scratch: &Path) -> bool {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let inner: Vec<PathBuf> =
            fs::read_dir(scratch).into_iter().flatten().flatten().map(|e| e.path()).collect();
        for path in inner.iter().filter(|path| path.file_name().is_none_or(|n| n.as_bytes() != b"lock")) {
            let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_file(path));
        }
        match fs::remove_dir_all(scratch) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => std::thread::sleep(TICK),
            _ => return true,
        }
    }
    false
}
