//! A place of its own for a gate: scratch, evidence, and what is left there afterwards.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// Within this long everything must be gone.
const SOON: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Ground {
    folder: tempfile::TempDir,
}

/// The gate at work.
pub struct Gate {
    pub child: Child,
    scratch: PathBuf,
}

impl Ground {
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("sgt").tempdir_in(root).unwrap();
        // As root the server runs under another account, which has to get in.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::create_dir(folder.path().join("scratch")).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn scratch(&self) -> PathBuf {
        self.path("scratch")
    }

    /// The gate, in a folder without a subject file, with its scratch and its evidence here.
    pub fn gate(&self, args: &[&str]) -> Command {
        self.command(Path::new(env!("CARGO_BIN_EXE_sor-gate")), args)
    }

    pub fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SOR_GATE_") {
                command.env_remove(name);
            }
        }
        command.args(args).current_dir(self.folder.path()).env("NO_COLOR", "1");
        command.env("SOR_GATE_SCRATCH", self.scratch()).env("SOR_GATE_OUT", self.path("evidence"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn start(&self, args: &[&str]) -> Gate {
        Gate { child: self.gate(args).spawn().unwrap(), scratch: self.scratch() }
    }

    /// What a refused command says, after checking that it refused with this code and left nothing.
    pub fn refused(&self, mut command: Command, code: i32) -> String {
        let output = command.output().unwrap();
        let told =
            String::from_utf8_lossy(&output.stderr).replace(&self.path("").display().to_string(), "HERE/");
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        self.assert_nothing_left(&told);
        let errors = told.lines().filter(|line| line.starts_with("error: ")).count();
        assert!(errors == 1 && !told.contains("panicked"), "{told}");
        told
    }

    /// No process, no scratch folder, no evidence, whole or half.
    pub fn assert_nothing_left(&self, when: &str) {
        self.assert_gone(when);
        assert!(!self.path("evidence").exists(), "{when}: {:?}", names(&self.path("evidence")));
    }

    /// No process and no scratch folder.
    pub fn assert_gone(&self, when: &str) {
        let begun = Instant::now();
        loop {
            let mut left = processes(self.folder.path());
            left.extend(names(&self.scratch()));
            if left.is_empty() {
                return;
            }
            assert!(begun.elapsed() < SOON, "{when}: {left:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Gate {
    /// Waits until the gate has begun its work.
    pub fn begun(&self) {
        until("a scratch folder", || (!names(&self.scratch).is_empty()).then_some(()));
    }

    /// The process id of a server of the gate's, as soon as it accepts connections.
    pub fn server(&self) -> i32 {
        until("a server", || {
            let runs = std::fs::read_dir(&self.scratch).ok()?.flatten();
            let inner = runs.flat_map(|run| std::fs::read_dir(run.path()).into_iter().flatten().flatten());
            inner.into_iter().find_map(|server| {
                let lines = std::fs::read_to_string(server.path().join("data/postmaster.pid")).ok()?;
                lines.contains("ready").then(|| lines.lines().next()?.trim().parse().ok())?
            })
        })
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    pub fn wait(mut self) -> (ExitStatus, String) {
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (self.child.wait().unwrap(), told)
    }
}

pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Runs a shell script with mounts of its own; `None` where that needs a root that this is not.
pub fn with_own_mounts(ground: &Ground, script: &str) -> Option<Output> {
    let own = |args: &[&str]| ground.command(Path::new("unshare"), args);
    let works =
        own(&["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).output().is_ok_and(|it| it.status.success());
    if !works {
        let _ = writeln!(std::io::stderr(), "skipped: mounting needs root");
        return None;
    }
    let mut command = own(&["-m", "sh", "-euc", script]);
    Some(command.env("GATE", env!("CARGO_BIN_EXE_sor-gate")).output().unwrap())
}

/// Processes that name the folder in their arguments or environment, or work below it.
fn processes(folder: &Path) -> Vec<String> {
    let mark = folder.display().to_string();
    let read =
        |path: PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).replace('\0', " ");
    let of_processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let found = of_processes.filter(|of| {
        let works_there = std::fs::read_link(of.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        works_there || read(of.join("cmdline")).contains(&mark) || read(of.join("environ")).contains(&mark)
    });
    let own = format!("/proc/{}", std::process::id());
    found
        .filter(|of| *of != Path::new(&own))
        .map(|of| format!("{} {}", of.display(), read(of.join("cmdline"))))
        .collect()
}
