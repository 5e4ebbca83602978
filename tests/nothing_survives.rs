//! A harness killed with SIGKILL at any moment leaves no process and no folder behind.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sor_gate::postgres::{ClusterOptions, ProvisionOptions, Provisioner, Source};
use sor_gate::process::{Scope, ScopeOptions};
use sor_gate::redis_server::RedisServer;
use sor_gate::worker::{Worker, WorkerCommand};

/// Within this long everything must be gone.
const SOON: Duration = Duration::from_secs(2);
/// Tells the holder below its run id; without it the holder does nothing.
const HOLD: &str = "SOR_GATE_TEST_HOLD";
const SCRATCH: &str = "SOR_GATE_TEST_SCRATCH";
const CACHE: &str = "SOR_GATE_TEST_CACHE";

/// Not a test: the harness that the tests below start as a process of its own and kill.
#[test]
#[ignore = "started by the other tests"]
fn holder() {
    let Ok(id) = std::env::var(HOLD) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
        let scope = Scope::open(&id, ScopeOptions { scratch: path(SCRATCH), exe }).unwrap();
        let mut options = ProvisionOptions::new(scope.clone());
        (options.source, options.cache) = (Source::Local, path(CACHE));
        let provisioner = Provisioner::new(options);
        // A grandchild in a session of its own is out of reach of group kills and parent-death signals.
        let script = "setsid sleep 600 & sleep 600 & wait";
        let (worker, server) = (WorkerCommand::new(["sh", "-c", script]), WorkerCommand::new(["cat"]));
        let _worker = Worker::start_linked(&scope, &worker, &server).await.unwrap();
        let _redis = RedisServer::start(&scope).await.unwrap();
        let template = provisioner.bare().await.unwrap();
        let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
        let client = cluster.admin().await.unwrap();
        println!("holding");
        client.batch_execute("SELECT pg_sleep(600)").await.unwrap();
    });
}

struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::Builder::new().prefix("sgt").tempdir().unwrap();
        // As root the server runs under another account, which has to get in.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn start(&self, id: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["holder", "--exact", "--ignored", "--nocapture"]).env(HOLD, id);
        command.env(SCRATCH, self.folder.path()).env(CACHE, self.folder.path().join("cache"));
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn start_and_hold(&self, id: &str) -> Child {
        let mut child = self.start(id);
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("holding")));
        child
    }

    fn scratch(&self, id: &str) -> PathBuf {
        self.folder.path().join(format!("sor-gate-{id}"))
    }

    fn left(&self, id: &str) -> Vec<String> {
        let mut left = processes(id, &self.scratch(id));
        left.extend(self.scratch(id).exists().then(|| "the scratch folder".to_owned()));
        left
    }

    fn assert_gone(&self, id: &str, when: &str) {
        let begun = Instant::now();
        while !self.left(id).is_empty() {
            assert!(begun.elapsed() < SOON, "killed {when}: {:?}", self.left(id));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Processes that carry the run's mark, work in its folder, or guard it.
fn processes(id: &str, scratch: &Path) -> Vec<String> {
    let mark = format!("SOR_GATE_RUN={id}");
    let read =
        |path: PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).replace('\0', "\n");
    let folders = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let found = folders.filter(|folder| {
        let works_there = std::fs::read_link(folder.join("cwd")).is_ok_and(|cwd| cwd.starts_with(scratch));
        let guards = read(folder.join("cmdline")).contains(&format!("guard\n{id}\n"));
        works_there || guards || read(folder.join("environ")).lines().any(|entry| entry == mark)
    });
    found.map(|folder| format!("{} {}", folder.display(), read(folder.join("cmdline")))).collect()
}

fn pids(id: &str, of: &str, scratch: &Path) -> Vec<i32> {
    let found = processes(id, scratch).into_iter().filter(|line| line.contains(of));
    found.map(|line| line["/proc/".len()..].split(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn killed_while_holding_a_server_and_a_worker() {
    let ground = Ground::new();
    let child = ground.start_and_hold("held");
    let held = ground.left("held").join("\n");
    for name in ["postgres", "sleep", "cat", "guard", "scratch"] {
        assert!(held.contains(name), "{held}");
    }
    kill(child);
    ground.assert_gone("held", "while holding");
}

#[test]
fn killed_at_any_moment() {
    let ground = Ground::new();
    // The template is there afterwards, so that the moments below fall on the copy and the start.
    kill(ground.start_and_hold("first"));
    ground.assert_gone("first", "while holding");
    for ms in (0..140).step_by(7) {
        let id = format!("moment{ms}");
        let child = ground.start(&id);
        std::thread::sleep(Duration::from_millis(ms));
        kill(child);
        ground.assert_gone(&id, &format!("after {ms} ms"));
    }
}

#[test]
fn killed_while_the_first_template_is_built() {
    for ms in (20..500).step_by(60) {
        let (ground, id) = (Ground::new(), format!("initdb{ms}"));
        let child = ground.start(&id);
        std::thread::sleep(Duration::from_millis(ms));
        kill(child);
        ground.assert_gone(&id, &format!("after {ms} ms"));
    }
}

#[test]
fn killed_with_its_guard_the_next_start_sweeps() {
    let ground = Ground::new();
    let child = ground.start_and_hold("swept");
    for guard in pids("swept", "guard", &ground.scratch("swept")) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(guard), nix::sys::signal::Signal::SIGKILL).unwrap();
    }
    kill(child);
    assert!(ground.scratch("swept").exists());
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let scratch = Some(ground.folder.path().to_owned());
    let next = Scope::open("next", ScopeOptions { scratch, exe }).unwrap();
    assert_eq!(ground.left("swept"), Vec::<String>::new());
    drop(next);
    assert_eq!(ground.left("next"), Vec::<String>::new());
}
