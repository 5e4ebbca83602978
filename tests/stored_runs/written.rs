//! Whatever happens while a run is written, it is there whole or not at all, and the next run mends what was left.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::libc;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, gettid};

use crate::made::{REDUCED, defects, keep, record, shapes, try_keep};

/// Where the child writes, and which runs: the minutes of their records.
const ROOT: &str = "STORED_RUNS_ROOT";
const MINUTES: &str = "STORED_RUNS_MINUTES";
const TRACED: &str = "STORED_RUNS_TRACED";

/// A process of its own that writes runs; no test when it is not asked to.
#[test]
fn writer() {
    let Some(root) = std::env::var_os(ROOT).map(PathBuf::from) else { return };
    let minutes = std::env::var(MINUTES).unwrap();
    let records: Vec<_> = minutes.split(',').map(|minute| record(minute.parse().unwrap())).collect();
    if std::env::var_os(TRACED).is_some() {
        ptrace::traceme().unwrap();
        println!("\nthread {}", gettid());
        raise(Signal::SIGSTOP).unwrap();
    }
    for record in records {
        if let Err(error) = try_keep(&root, record) {
            println!("\nrefused: {error}");
            std::process::exit(3);
        }
    }
}

fn command(root: &Path, minutes: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "written::writer", "--nocapture", "--test-threads", "1"]);
    let reduced = root.with_file_name("reduced.json");
    if reduced.exists() {
        command.env(REDUCED, reduced);
    }
    command.env(ROOT, root).env(MINUTES, minutes).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// One whole run, which the others follow.
fn begun() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("evidence");
    let mut small = record(0);
    for schema in &mut small.schemas {
        schema.catalog = sor_gate::catalog::Snapshot::default();
    }
    std::fs::write(home.path().join("reduced.json"), small.to_json().unwrap()).unwrap();
    keep(&root, small);
    (home, root)
}

fn names(place: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.into_string().unwrap()).collect()
}

fn leftovers(root: &Path) -> Vec<String> {
    let found = [names(root), names(&root.join("runs"))].concat();
    found.into_iter().filter(|name| name.starts_with('.')).collect()
}

/// What is there counts as a run, and is whole; the next run finds nothing to complain of.
fn assert_whole_or_none(root: &Path, when: &str) {
    for name in names(&root.join("runs")).iter().filter(|name| !name.starts_with(".writing-")) {
        let found = sor_gate::verify::run(&root.join("runs").join(name), &shapes(), None).unwrap();
        assert_eq!(found.defects, [""; 0], "{when}: {name}");
    }
    keep(root, record(30));
    assert_eq!(defects(root), [""; 0], "{when}, and run again");
    assert_eq!(leftovers(root), [""; 0], "{when}");
}

/// Calls that change nothing that outlives the process.
const ITS_OWN: [i64; 9] = [
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_close,
];

/// Lets the writer make so many system calls and kills it before the next; whether it had ended by itself.
fn killed_after(root: &Path, calls: usize) -> bool {
    let mut child = command(root, "5").env(TRACED, "1").spawn().unwrap();
    // The pipe stays open as long as the child writes into it.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let thread = lines.find_map(|line| line.strip_prefix("thread ")?.parse().ok()).unwrap();
    let thread = Pid::from_raw(thread);
    let wait = || waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
    assert!(matches!(wait(), WaitStatus::Stopped(_, Signal::SIGSTOP)));
    let call = format!("/proc/{}/task/{thread}/syscall", child.id());
    let (mut made, mut before) = (0, true);
    loop {
        // Stops before a call and after it in turn.
        ptrace::syscall(thread, None).unwrap();
        if !matches!(wait(), WaitStatus::Stopped(_, Signal::SIGTRAP)) {
            assert!(child.wait().unwrap().success());
            return true;
        }
        let text = std::fs::read_to_string(&call).unwrap();
        let number = text.split(' ').next().and_then(|number| number.trim().parse().ok());
        if before && !number.is_some_and(|number: i64| ITS_OWN.contains(&number)) {
            if made == calls {
                break;
            }
            made += 1;
        }
        before = !before;
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGKILL).unwrap();
    let _ = waitpid(thread, Some(WaitPidFlag::__WALL));
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    false
}

#[test]
fn killed_at_every_system_call() {
    // What the next run has to mend and to sweep: were there nothing, it would be whole without.
    let (mut calls, mut unlinked, mut unswept) = (0, 0, 0);
    loop {
        let (_home, root) = begun();
        let ended = killed_after(&root, calls);
        let told = defects(&root);
        unlinked += usize::from(told.iter().any(|defect| defect.ends_with("came after it")));
        unswept += usize::from(!leftovers(&root).is_empty());
        assert_whole_or_none(&root, &format!("killed after {calls} system calls"));
        if ended {
            break;
        }
        calls += 1;
    }
    let _ = writeln!(
        std::io::stderr(),
        "killed before each of {calls} system calls: {unlinked} left a run unlinked, {unswept} left something to sweep"
    );
    assert!(calls > 30, "only {calls} system calls");
    assert!(unlinked > 0, "no kill left a run for the next one to link");
    assert!(unswept > 0, "no kill left anything for the next run to sweep");
}

/// Each size of disk, in KiB, refuses another of the files; the last takes them all.
fn refused_at_every_size(disk: impl Fn(&Path, &Path, usize) -> Command) {
    let mut refusals = 0;
    for size in (0..).step_by(16) {
        let (home, root) = begun();
        let output = disk(home.path(), &root, size).stdout(Stdio::piped()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_whole_or_none(&root, &format!("{size} KiB: {text}"));
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.code(), Some(3), "{size} KiB: {text}");
        assert!(text.contains("refused: evidence cannot be written"), "{size} KiB: {text}");
        refusals += 1;
    }
    assert!(refusals > 3, "only {refusals} sizes were refused");
}

/// The writer below a shell script, which starts it as `"$@"`.
fn under(script: &str, root: &Path) -> Command {
    let writer = command(root, "5");
    let mut shell = Command::new("sh");
    shell.args(["-euc", script, "sh"]).arg(writer.get_program()).args(writer.get_args());
    shell.envs(writer.get_envs().filter_map(|(name, value)| Some((name, value?)))).stderr(Stdio::null());
    shell
}

#[test]
fn files_that_may_not_grow() {
    refused_at_every_size(|_, root, size| {
        // Blocks of 512 bytes; the signal is ignored, so that the write fails.
        under(&format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", 2 * size), root)
    });
}

/// As root, a small disk of its own; what is left on it is brought back to be looked at.
#[test]
fn a_disk_that_fills() {
    let works = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: mounting needs root");
        return;
    }
    refused_at_every_size(|home, root, size| {
        let kept = std::fs::read_dir(root.join("runs")).unwrap().flatten();
        let files = kept.flat_map(|run| std::fs::read_dir(run.path()).unwrap().flatten());
        let used: u64 = files.map(|file| file.metadata().unwrap().len().next_multiple_of(4096) / 1024).sum();
        let script = format!(
            "mkdir {home}/disk; mount -t tmpfs -o size={}k none {home}/disk; cp -a {root} {home}/disk/evidence
            code=0; \"$@\" || code=$?
            rm -r {root}; cp -a {home}/disk/evidence {root}; exit $code",
            used + size as u64,
            home = home.display(),
            root = root.display()
        );
        let mut inner = under(&script, root);
        inner.env(ROOT, home.join("disk/evidence"));
        let mut own = Command::new("unshare");
        own.arg("-m").arg(inner.get_program()).args(inner.get_args()).stderr(Stdio::null());
        own.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        own
    });
}

/// Writers at once: each writes some runs, into one folder.
#[test]
fn runs_at_the_same_time_do_not_meet() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("evidence");
    let minutes: Vec<String> = (0..4).map(|at| format!("{at},{},{}", at + 10, at + 20)).collect();
    let writers: Vec<Child> =
        minutes.iter().map(|minutes| command(&root, minutes).spawn().unwrap()).collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    assert_eq!(std::fs::read_dir(root.join("runs")).unwrap().count(), 12);
    assert_eq!(defects(&root), [""; 0]);
}

/// Of two runs of one id, which no two are given, one is kept and the other refused.
#[test]
fn a_run_is_never_written_over() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("evidence");
    let writers: Vec<Child> = (0..4).map(|_| command(&root, "5").spawn().unwrap()).collect();
    let codes: Vec<Option<i32>> =
        writers.into_iter().map(|mut writer| writer.wait().unwrap().code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(3)).count(), 3, "{codes:?}");
    assert_eq!(defects(&root), [""; 0]);
}
