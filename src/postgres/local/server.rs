//! A local server: copied from a template, started, crashed, stopped.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Host, SUPERUSER, blocking, initdb, settings, unpack};
use crate::error::{Error, Result};
use crate::postgres::backend::{ClusterOptions, Identity, Server};
use crate::postgres::connect::{self, ConnectInfo, Secret};
use crate::postgres::log::ServerLog;
use crate::process::{Input, Launch, Output, Process, Signal, free_port};

const READY: &str = "database system is ready to accept connections";
/// How long an immediate shutdown may take; then the server is killed. A connection that is accepted meanwhile and says
/// nothing would hold it up for `authentication_timeout`: the postmaster signals no dead-end child (postmaster.c).
const AT_ONCE: Duration = Duration::from_secs(1);
const NO_PORT: &str = "could not create any TCP/IP sockets";
/// How long a server may take to start, with crash recovery.
const PATIENCE: Duration = Duration::from_secs(60);
/// What an address of a Unix socket may be long, in bytes (unix(7)), without the ending zero.
const LONGEST_SOCKET: usize = 107;
/// Sockets need a number in their name; any does, since each cluster has a folder of its own.
const PORT: u16 = 5432;
/// How many free ports are tried when others take them first.
const ATTEMPTS: usize = 5;

/// One server and its folder. Clones are handles to the same server.
#[derive(Clone)]
pub(super) struct Instance {
    host: Host,
    folder: PathBuf,
    port: u16,
    password: Option<Secret>,
    log: ServerLog,
    process: Arc<Mutex<Option<Arc<Process>>>>,
}

/// The owner of an instance: dropping it ends the server and removes the folder.
pub(super) struct LocalServer {
    instance: Instance,
}

impl LocalServer {
    /// Copies the template and starts a server on the copy.
    pub async fn start(host: &Host, from: &Path, options: &ClusterOptions) -> Result<Self> {
        let folder = initdb::private_folder(host.scope.fresh_path("c"), host.account)?;
        let password = options.tcp.then(Secret::random);
        let log = ServerLog::new();
        let process = Arc::default();
        let instance = Instance { host: host.clone(), folder, port: PORT, password, log, process };
        // From here on dropping it removes the folder.
        let mut server = Self { instance };
        server.instance.check_socket()?;
        let (pack, data, host) = (from.to_owned(), server.instance.data(), host.clone());
        blocking(move || unpack::unpack(&pack, &data, host.account, &host.frozen)).await?;
        server.boot(options).await?;
        Ok(server)
    }

    async fn boot(&mut self, options: &ClusterOptions) -> Result<()> {
        for attempt in 1.. {
            let instance = &mut self.instance;
            if options.tcp {
                instance.port = free_port()?;
            }
            let in_memory = instance.host.scope.in_memory();
            settings::write(&instance.data(), &instance.folder, instance.port, in_memory, options)?;
            match instance.launch().await {
                Err(error) if error.what.contains(NO_PORT) && options.tcp && attempt < ATTEMPTS => {}
                decided => return decided,
            }
        }
        Ok(())
    }

    /// A handle for stopping it with a checkpoint while a cluster owns it.
    pub fn closing(&self) -> Instance {
        self.instance.clone()
    }
}

impl Instance {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn check_socket(&self) -> Result<()> {
        let socket = self.folder.join(format!(".s.PGSQL.{}", u16::MAX));
        if socket.as_os_str().len() <= LONGEST_SOCKET {
            return Ok(());
        }
        Err(Error::environment("the scratch folder's path is too long for a Unix socket")
            .at(socket.display())
            .fix("set SOR_GATE_SCRATCH to a shorter path"))
    }

    fn running(&self) -> Option<Arc<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, process: Option<Arc<Process>>) -> Option<Arc<Process>> {
        std::mem::replace(&mut *self.process.lock().unwrap_or_else(PoisonError::into_inner), process)
    }

    /// Starts the server on its folder and waits for the line that says it is ready.
    async fn launch(&self) -> Result<()> {
        let lines = self.log.lines();
        let from = lines.position();
        lines.reopen();
        let launch =
            Launch::new(self.host.installation.bin.join("postgres")).args(["-D"]).args([self.data()]);
        let launch = launch.clear_env().envs(initdb::environment(&self.folder)).cwd(&self.folder);
        let launch = launch.account(self.host.account).death_signal(Signal::SIGQUIT);
        let launch = launch.stdin(Input::Null).stdout(Output::Null).stderr(Output::Into(lines.clone()));
        let process = Arc::new(launch.spawn(&self.host.scope).await?);
        self.hold(Some(process.clone()));
        match process.wait_line(lines, from, |line| line.contains(READY), PATIENCE).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.obituary(&process).unwrap_or(error).during("starting Postgres")),
        }
    }

    /// The end of the server and its last words; `None` while it runs.
    fn obituary(&self, process: &Process) -> Option<Error> {
        let status = process.ended()?;
        let from = self.log.position().saturating_sub(8);
        let told = |line: crate::postgres::LogLine| format!("{}: {}", line.severity, line.message);
        let mut last: Vec<String> = self.log.since(from).into_iter().map(told).collect();
        if last.is_empty() {
            last = self.log.lines().last(4);
        }
        let last = last.join(" | ");
        let what = format!("the Postgres server ended with {status}; its last words: {last}");
        let error = Error::environment(what).at(self.folder.display());
        Some(if last.contains("No space left on device") {
            error.fix("free some room, or set SOR_GATE_SCRATCH to a folder with room")
        } else {
            error
        })
    }

    async fn end(&self, how: Signal, deadline: Duration) -> Result<()> {
        let Some(process) = self.running() else { return Ok(()) };
        process.stop(how, deadline).await?;
        Ok(())
    }

    /// Stops it with a checkpoint, so that a copy of its folder starts without recovery; gives the data folder.
    pub async fn stop_cleanly(&self) -> Result<PathBuf> {
        self.end(Signal::SIGINT, PATIENCE).await?;
        match self.running().and_then(|process| process.ended()) {
            Some(status) if status.success() => Ok(self.data()),
            _ => Err(Error::harness("the server did not stop cleanly").at(self.folder.display())),
        }
    }

    /// Removes the folder on a thread of its own: nobody waits for it, and the scope's end removes what is left.
    fn remove(&self) {
        let folder = self.folder.clone();
        std::thread::spawn(move || std::fs::remove_dir_all(folder));
    }
}

#[async_trait]
impl Server for LocalServer {
    fn superuser(&self) -> ConnectInfo {
        ConnectInfo {
            host: connect::Host::Socket(self.instance.folder.clone()),
            port: self.instance.port,
            user: SUPERUSER.into(),
            password: None,
            database: "postgres".into(),
        }
    }

    fn tcp(&self) -> Option<ConnectInfo> {
        let password = self.instance.password.clone()?;
        let host = connect::Host::Tcp("127.0.0.1".into());
        Some(ConnectInfo { host, password: Some(password), ..self.superuser() })
    }

    fn identity(&self) -> Identity {
        Identity {
            provider: "local".into(),
            version: String::new(),
            system_identifier: String::new(),
            binary: Some(self.instance.host.installation.bin.join("postgres")),
            image: None,
        }
    }

    fn log(&self) -> Option<&ServerLog> {
        Some(&self.instance.log)
    }

    fn death(&self) -> Option<Error> {
        self.instance.obituary(&*self.instance.running()?)
    }

    async fn crash(&self) -> Result<()> {
        self.instance.end(Signal::SIGQUIT, AT_ONCE).await
    }

    async fn restart(&self) -> Result<()> {
        // What still writes to the old pipe must be gone before the new server's lines are read.
        self.crash().await?;
        self.instance.log.lines().closed(Duration::from_secs(10)).await;
        self.instance.launch().await
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        self.instance.end(Signal::SIGQUIT, AT_ONCE).await
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        // Dropping the process ends it, and blocks until it is gone when it still runs.
        drop(self.instance.hold(None));
        self.instance.remove();
    }
}
