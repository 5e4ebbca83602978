//! Programs that end never, fork, flood, ignore signals or answer nothing: a verdict in time, and nothing left behind.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;

/// The gate's own time-out for a drill, in seconds,
const TIMEOUT: u64 = 12;
/// and how long the whole may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The reference with a hostile program: a drill of it is run, and must fail with a reason.
fn drill(id: &str, section: &str, script: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join("fixtures/reconciler");
    let text = std::fs::read_to_string(own.join("sor-gate.toml")).unwrap();
    let text = text
        .replace("\"roles.sql\"", &format!("{:?}", own.join("roles.sql")))
        .replace("\"seed.sql\"", &format!("{:?}", own.join("seed.sql")))
        .replace("\"../../migrations/reconciler\"", &format!("{:?}", root.join("migrations/reconciler")));
    // Known in the process list by a number that nothing else sleeps for.
    let mark = format!("{}.{}", 40_000 + std::process::id() % 20_000, section.len() * 1000 + script.len());
    let command = format!("command = [\"sh\", \"-c\", {:?}]", script.replace("MARK", &mark));
    let start = text.find(&format!("[{section}]\n")).unwrap();
    let from = start + text[start..].find("command = ").unwrap();
    let to = from + text[from..].find('\n').unwrap();
    let mut hostile = format!("{}{command}{}", &text[..from], &text[to..]);
    if section == "worker" {
        hostile = hostile.replace("stdio = \"mcp\"\n", "");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sor-gate.toml"), hostile).unwrap();
    let started = Instant::now();
    let mut gate = Command::cargo_bin("sor-gate").unwrap();
    let output = gate
        .current_dir(folder.path())
        .args(["drill", id, "--timeout", &TIMEOUT.to_string(), "--no-progress"])
        .timeout(PATIENCE * 2)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    assert!(said.len() < 100_000, "{} bytes were said", said.len());
    let left = left_behind(&mark);
    assert!(left.is_empty(), "left behind: {left:?}");
    said
}

fn left_behind(mark: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = all.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    commands.filter(|command| command.contains("sleep") && command.contains(mark)).collect()
}

const RESUME: &str = "run_journal_resume_drill";

#[test]
fn a_worker_that_never_ends() {
    drill(RESUME, "worker", "sleep MARK");
}

#[test]
fn a_worker_that_forks_out_of_its_group() {
    drill(RESUME, "worker", "setsid sleep MARK & sleep MARK & sleep MARK");
}

#[test]
fn a_worker_that_prints_a_hundred_megabytes() {
    drill(
        RESUME,
        "worker",
        "head -c 100000000 /dev/zero | tr '\\0' x; head -c 1000000 /dev/zero | tr '\\0' '\\n' >&2; sleep MARK",
    );
}

#[test]
fn a_worker_that_ignores_every_signal_it_can() {
    drill(RESUME, "worker", "trap '' TERM INT HUP QUIT; while :; do sleep MARK; done");
}

#[test]
fn a_worker_that_is_not_there_or_ends_at_once() {
    let said = drill(RESUME, "worker", "echo out of order >&2; exit 9");
    assert!(said.contains("out of order"), "{said}");
}

#[test]
fn a_server_that_answers_nothing() {
    drill("mcp_boundary_test", "mcp.program", "sleep MARK");
}

#[test]
fn a_server_that_answers_nonsense() {
    drill(
        "mcp_boundary_test",
        "mcp.program",
        "yes '{\"jsonrpc\": \"2.0\", \"id\": 99}' | head -c 10000000; sleep MARK",
    );
}
