//! One running container as a server: its log, its crash, its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::query_parameters::LogsOptionsBuilder;

use super::engine::Engine;
use super::launch::{Origin, launch};
use super::{Source, last_words, sweep, template};
use crate::error::{Error, Result};
use crate::postgres::backend::{ClusterOptions, Identity, Server};
use crate::postgres::connect::ConnectInfo;
use crate::postgres::log::ServerLog;

/// How long a restarted server may take to recover.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server in a container of its own.
pub(super) struct ContainerServer {
    engine: Engine,
    id: String,
    image: String,
    superuser: ConnectInfo,
    log: ServerLog,
    follower: Arc<Follower>,
    removed: AtomicBool,
}

impl ContainerServer {
    /// Starts one from a template.
    ///
    /// # Errors
    /// When the container does not come up.
    pub(super) async fn start(source: &Source, template: &str, options: &ClusterOptions) -> Result<Self> {
        let password = template::password(&source.engine, template).await?;
        Self::launch(source, &Origin::Template(template, &password), options).await
    }

    /// Starts one from either origin.
    pub(super) async fn launch(
        source: &Source,
        origin: &Origin<'_>,
        options: &ClusterOptions,
    ) -> Result<Self> {
        let started = launch(source, origin, &options.settings).await?;
        let follower = Arc::new(Follower::default());
        let server = Self {
            engine: source.engine.clone(),
            id: started.id,
            image: format!("{}@{}", source.image, source.image_id),
            superuser: started.superuser,
            log: ServerLog::new(),
            follower,
            removed: AtomicBool::new(false),
        };
        server.follow();
        Ok(server)
    }

    /// The container's id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn follow(&self) {
        let (follower, engine) = (self.follower.clone(), self.engine.clone());
        tokio::spawn(follower.follow(engine, self.id.clone(), self.log.clone()));
    }
}

#[async_trait]
impl Server for ContainerServer {
    fn superuser(&self) -> ConnectInfo {
        self.superuser.clone()
    }

    fn tcp(&self) -> Option<ConnectInfo> {
        Some(self.superuser.clone())
    }

    fn identity(&self) -> Identity {
        Identity {
            provider: "container".into(),
            version: String::new(),
            system_identifier: String::new(),
            binary: None,
            image: Some(self.image.clone()),
        }
    }

    fn log(&self) -> Option<&ServerLog> {
        Some(&self.log)
    }

    fn death(&self) -> Option<Error> {
        self.follower.death.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn crash(&self) -> Result<()> {
        self.follower.expect_end();
        self.engine.stop(&self.id, "SIGKILL").await?;
        self.log.lines().closed(PATIENCE).await;
        Ok(())
    }

    async fn restart(&self) -> Result<()> {
        self.follower.expect_life();
        self.log.lines().reopen();
        self.engine.start(&self.id).await?;
        self.follow();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        // A server that recovers refuses connections; asking again is how libpq's pg_isready does it too.
        while let Err(error) = self.superuser.connect("sor-gate").await {
            if let Some(death) = self.death() {
                return Err(death);
            }
            if tokio::time::Instant::now() > deadline {
                return Err(error.during("restarting the server"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        self.follower.expect_end();
        self.removed.store(true, Ordering::Relaxed);
        self.engine.remove(&self.id).await
    }
}

impl Drop for ContainerServer {
    fn drop(&mut self) {
        if !self.removed.load(Ordering::Relaxed) {
            self.follower.expect_end();
            sweep::remove_one(&self.id);
        }
    }
}

/// Reads the container's log into the server's, across restarts.
#[derive(Default)]
struct Follower {
    /// How much of the server's output has been read; the engine gives the whole of it each time.
    read: Mutex<usize>,
    end_expected: AtomicBool,
    death: Mutex<Option<Error>>,
}

impl Follower {
    fn expect_end(&self) {
        self.end_expected.store(true, Ordering::SeqCst);
    }

    fn expect_life(&self) {
        self.end_expected.store(false, Ordering::SeqCst);
        *self.death.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn follow(self: Arc<Self>, engine: Engine, id: String, log: ServerLog) {
        // Only standard error is the server's: standard output is the initialisation's.
        let options = LogsOptionsBuilder::new().follow(true).stderr(true).build();
        let mut output = engine.docker().logs(&id, Some(options));
        let mut skip = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(Ok(chunk)) = output.next().await {
            let LogOutput::StdErr { message } = chunk else { continue };
            let old = skip.min(message.len());
            skip -= old;
            if old < message.len() {
                log.lines().push(&message[old..]);
                *self.read.lock().unwrap_or_else(PoisonError::into_inner) += message.len() - old;
            }
        }
        if !self.end_expected.load(Ordering::SeqCst) {
            let words = last_words(log.lines());
            let death = Error::harness(format!("the server's container ended by itself; {words}"));
            *self.death.lock().unwrap_or_else(PoisonError::into_inner) = Some(death.at(id));
        }
        // Last, so that whoever sees the log's end sees the cause too.
        log.lines().close();
    }
}
