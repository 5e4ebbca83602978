//! A server from a binary on this machine: a Unix socket in a folder of its own, no port, nothing written to disk.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Place;
use crate::error::{Error, Result};
use crate::process::{Launch, Process, Scope};

/// "Ready" on a port, "The server is now ready" on a socket.
const READY: &str = "eady to accept connections";
const PATIENCE: Duration = Duration::from_secs(20);
/// What an address of a Unix socket may be long, in bytes (unix(7)), without the ending zero.
const LONGEST_SOCKET: usize = 107;
const SETTINGS: [&str; 14] = [
    "--port",
    "0",
    "--unixsocketperm",
    "700",
    "--save",
    "",
    "--appendonly",
    "no",
    "--daemonize",
    "no",
    "--logfile",
    "",
    "--supervised",
    "no",
];

#[derive(Debug)]
pub(super) struct Local {
    binary: PathBuf,
    folder: PathBuf,
    scope: Arc<Scope>,
    process: Mutex<Option<Arc<Process>>>,
}

impl Local {
    pub(super) async fn start(scope: &Arc<Scope>, binary: &Path) -> Result<Self> {
        let folder = scope.fresh_path("redis");
        DirBuilder::new().mode(0o700).create(&folder).map_err(|error| {
            Error::environment(format!("cannot make the folder of a Redis: {error}")).at(folder.display())
        })?;
        let (binary, scope) = (binary.to_owned(), Arc::clone(scope));
        let local = Self { binary, folder, scope, process: Mutex::default() };
        if local.socket().as_os_str().len() > LONGEST_SOCKET {
            return Err(Error::environment("the scratch folder's path is too long for a Unix socket")
                .at(local.socket().display())
                .fix("set SOR_GATE_SCRATCH to a shorter path"));
        }
        local.restart().await?;
        Ok(local)
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    pub(super) fn place(&self) -> Place {
        Place::Socket(self.socket())
    }

    pub(super) fn about(&self) -> String {
        format!("Redis ({})", self.binary.display())
    }

    pub(super) async fn restart(&self) -> Result<()> {
        let launch = Launch::new(&self.binary).args(SETTINGS).args(["--unixsocket"]).args([self.socket()]);
        let launch = launch.args(["--dir"]).args([&self.folder]).clear_env().cwd(&self.folder);
        let process = Arc::new(launch.spawn(&self.scope).await?);
        let ready = process.wait_line(process.stdout(), 0, |line| line.contains(READY), PATIENCE).await;
        ready.map_err(|error| Error::environment(error.what).during("starting Redis"))?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
        Ok(())
    }

    pub(super) async fn kill(&self) -> Result<String> {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        let process = process.ok_or_else(|| Error::harness("the Redis was killed already"))?;
        Ok(format!("pid {} ended with {}", process.pid(), process.kill_group().await?))
    }
}
