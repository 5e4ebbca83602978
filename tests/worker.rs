//! Workers, for real: readiness, early death, links, floods of output.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use sor_gate::process::{Scope, ScopeOptions, Signal};
use sor_gate::worker::{Worker, WorkerCommand};

const SOON: Duration = Duration::from_secs(20);

fn scope() -> Arc<Scope> {
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let id = uuid::Uuid::new_v4().simple().to_string();
    Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap()
}

fn shell(script: &str) -> WorkerCommand {
    WorkerCommand::new(["sh", "-c", script])
}

#[tokio::test]
async fn a_line_on_either_output_tells_that_it_is_ready() {
    let scope = scope();
    for stream in ["1", "2"] {
        let worker =
            Worker::start(&scope, &shell(&format!("echo ready now >&{stream}; sleep 60"))).await.unwrap();
        assert_eq!(worker.ready(|line| line.starts_with("ready"), SOON).await.unwrap(), "ready now");
        assert!(worker.kill().await.unwrap().landed());
    }
}

#[tokio::test]
async fn an_early_death_ends_the_wait_at_once() {
    let scope = scope();
    let begun = Instant::now();
    let worker = Worker::start(&scope, &shell("echo no such table >&2; exit 3")).await.unwrap();
    let error = worker.ready(|line| line == "ready", SOON).await.unwrap_err().to_string();
    assert!(error.contains("exit status: 3: no such table"), "{error}");
    let missing = Worker::start(&scope, &WorkerCommand::new(["no-such-program"])).await.unwrap();
    let error = missing.finish(&[], SOON).await.unwrap_err().to_string();
    assert!(
        error.contains("exit status: 127") && error.contains("cannot execute no-such-program"),
        "{error}"
    );
    assert!(begun.elapsed() < SOON);
}

#[tokio::test]
async fn one_kill_takes_the_worker_its_server_and_their_children() {
    let scope = scope();
    let server = shell("while read line; do echo answer to $line; done");
    let worker = shell("echo question; read answer; echo \"$answer\" >&2; sleep 60 & wait");
    let worker = Worker::start_linked(&scope, &worker, &server).await.unwrap();
    assert_eq!(worker.ready(|_| true, SOON).await.unwrap(), "answer to question");
    let killed = worker.kill().await.unwrap();
    assert!(killed.landed() && killed.server.is_some());
    assert_eq!(marked(&scope), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_sees_its_worker_leave() {
    let scope = scope();
    let server = shell("while read line; do :; done; echo over >&2");
    let worker = Worker::start_linked(&scope, &shell("echo hello"), &server).await.unwrap();
    worker.finish(&[], SOON).await.unwrap();
    let status = worker.server().unwrap().wait_exit(SOON).await.unwrap().unwrap();
    assert!(status.success());
    assert_eq!(worker.server().unwrap().last_lines(1), ["over"]);
}

#[tokio::test]
async fn a_flood_is_drained_and_not_kept() {
    let scope = scope();
    let flood = shell(
        "head -c 100000000 /dev/zero | tr '\\0' 'x' >&2; yes $(seq -s- 50) | head -c 100000000; echo; echo end",
    );
    let worker = Worker::start(&scope, &flood).await.unwrap();
    worker.finish(&[], SOON * 3).await.unwrap();
    worker.process().stdout().closed(SOON).await;
    assert_eq!(worker.process().stdout().last(1), ["end"]);
    let kept: usize = worker.process().stderr().last(usize::MAX).iter().map(String::len).sum();
    assert!(kept <= 1 << 20, "{kept}");
}

#[tokio::test]
async fn stopping_is_polite_first() {
    let scope = scope();
    let polite = shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done");
    let polite = Worker::start(&scope, &polite).await.unwrap();
    polite.ready(|line| line == "up", SOON).await.unwrap();
    let stopped = polite.stop(Signal::SIGTERM, SOON).await.unwrap();
    assert_eq!((stopped.status.code(), stopped.forced), (Some(7), false));
    let deaf =
        Worker::start(&scope, &shell("trap '' TERM; echo up; while :; do sleep 0.01; done")).await.unwrap();
    deaf.ready(|line| line == "up", SOON).await.unwrap();
    assert!(deaf.stop(Signal::SIGTERM, Duration::from_millis(100)).await.unwrap().forced);
}

#[tokio::test]
async fn it_gets_just_the_environment_it_is_given() {
    let scope = scope();
    let mut command = shell("env");
    (command.inherit_env, command.env) = (false, vec![("GIVEN".into(), "1".into())]);
    let worker = Worker::start(&scope, &command).await.unwrap();
    worker.finish(&[], SOON).await.unwrap();
    worker.process().stdout().closed(SOON).await;
    let mut names: Vec<String> = worker.process().stdout().last(99);
    names.retain(|line| !["PWD=", "SHLVL=", "_=", "OLDPWD="].iter().any(|own| line.starts_with(own)));
    names.iter_mut().for_each(|line| line.truncate(line.find('=').unwrap_or(0)));
    names.sort();
    assert_eq!(names, ["GIVEN", "PATH", "SOR_GATE_RUN"]);
}

/// The command lines of living processes that carry the scope's mark.
fn marked(scope: &Scope) -> Vec<String> {
    let mark = format!("SOR_GATE_RUN={}", scope.id());
    let folders = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let read = |path: std::path::PathBuf| {
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
    };
    let ours = folders.filter(|folder| read(folder.join("environ")).split('\0').any(|entry| entry == mark));
    ours.map(|folder| read(folder.join("cmdline"))).collect()
}
