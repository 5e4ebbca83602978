//! A real Redis beside the drill's Postgres: started, killed and restarted by the harness, reached through a proxy that
//! writes down every command.
//!
//! Server binaries on this machine come first, else a container. Nothing is kept on disk, and nothing survives the run.

mod client;
mod container;
mod find;
mod local;
mod proxy;
mod resp;

use std::sync::Arc;

pub use client::RedisClient;
pub use proxy::{Command, RedisProxy};

use crate::error::{Error, Result};
use crate::fault::{FaultEvent, FaultKind};
use crate::process::Scope;
use container::InContainer;
use local::Local;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A Unix socket.
    Socket(std::path::PathBuf),
    /// Host and port.
    Tcp(String, u16),
}

/// A Redis server of the drill's own. Dropping it ends it.
#[derive(Debug)]
pub struct RedisServer {
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    Local(Local),
    Container(InContainer),
}

impl RedisServer {
    /// Starts an empty server and waits until it accepts connections.
    ///
    /// # Errors
    /// Environment: neither server binaries nor a container engine; what was tried is told.
    pub async fn start(scope: &Arc<Scope>) -> Result<Self> {
        let origin = match find::binary() {
            Ok(binary) => Origin::Local(Local::start(scope, &binary).await?),
            Err(tried) => Origin::Container(InContainer::start(scope).await.map_err(|container| {
                Error::environment(format!("no Redis to be had: {tried}; container: {}", container.what))
                    .fix("install the Redis server package (redis-server), or start Docker")
            })?),
        };
        Ok(Self { origin })
    }

    /// What it is and where it came from, in words.
    pub fn about(&self) -> String {
        match &self.origin {
            Origin::Local(local) => local.about(),
            Origin::Container(container) => container.about(),
        }
    }

    pub(crate) fn place(&self) -> Place {
        match &self.origin {
            Origin::Local(local) => local.place(),
            Origin::Container(container) => container.place(),
        }
    }

    /// A connection of the harness's own, past every proxy.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn client(&self) -> Result<RedisClient> {
        RedisClient::connect(&self.place()).await
    }

    /// A proxy before it, for one program of the subject.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn proxy(&self) -> Result<RedisProxy> {
        RedisProxy::start(self.place()).await
    }

    /// Kills it with SIGKILL; all that it held is gone. The event's proof is how it ended.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill(&self) -> Result<FaultEvent> {
        let ended = match &self.origin {
            Origin::Local(local) => local.kill().await?,
            Origin::Container(container) => container.kill().await?,
        };
        Ok(FaultEvent::now(FaultKind::Kill, format!("{}: {ended}", self.about())))
    }

    /// Starts it again, empty, at the same place.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&self) -> Result<()> {
        match &self.origin {
            Origin::Local(local) => local.restart().await,
            Origin::Container(container) => container.restart().await,
        }
    }
}
