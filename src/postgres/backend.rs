//! What every way to get a Postgres offers: templates made once, clusters made quickly from them.

use std::path::PathBuf;

use async_trait::async_trait;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::connect::ConnectInfo;
use super::log::ServerLog;
use crate::error::Result;

/// What turns an empty cluster into a template: migrations, roles, seeds.
pub type Prepare<'p> = &'p (dyn for<'a> Fn(&'a Cluster) -> BoxFuture<'a, Result<()>> + Sync);

/// A prepared state to start clusters from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What it was made for, as the caller named it; empty for the bare one.
    pub key: String,
    /// Where the backend keeps it: a file, an image, a database name.
    pub handle: String,
}

/// What a cluster needs beyond the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterOptions {
    /// Listens on 127.0.0.1 as well, with passwords.
    pub tcp: bool,
    /// Server settings on top of the usual ones; the last of a name wins.
    pub settings: Vec<(String, String)>,
}

/// Which server it was, for the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// `local`, `container` or `url`.
    pub provider: String,
    /// `server_version`, such as `15.14 (Debian 15.14-0+deb12u1)`.
    pub version: String,
    /// `system_identifier` of pg_control_system(); clusters copied from one template share it. Empty where the
    /// role may not read it.
    pub system_identifier: String,
    /// The server's binary, of local ones.
    pub binary: Option<PathBuf>,
    /// The image and its digest, of containers.
    pub image: Option<String>,
}

/// One way to get a Postgres.
#[async_trait]
pub trait Backend: Send + Sync {
    /// `local`, `container` or `url`.
    fn provider(&self) -> &'static str;

    /// `server_version_num`: 150014 is 15.14.
    fn version(&self) -> u32;

    /// How many clusters may be at work at once; `None` when they do not touch one another.
    fn jobs(&self) -> Option<usize> {
        None
    }

    /// The bare template when `prepare` is `None`, else the one made by it; built only when there is none under this
    /// key and server version.
    async fn template(&self, key: &str, prepare: Option<Prepare<'_>>) -> Result<Template>;

    /// Starts a cluster in the template's state.
    async fn start(&self, template: &Template, options: &ClusterOptions) -> Result<Box<dyn Server>>;
}

/// A running server, or the part of an existing one that the run owns. Dropping it ends it.
#[async_trait]
pub trait Server: Send + Sync {
    /// How to reach it, as its superuser (or the nearest there is) and in its scratch database.
    fn superuser(&self) -> ConnectInfo;

    /// The same over TCP; `None` when it does not listen there.
    fn tcp(&self) -> Option<ConnectInfo>;

    /// Whether the harness may give a role a password: not when it is somebody else's.
    fn may_admit(&self, _role: &str) -> Result<()> {
        Ok(())
    }

    /// The part of its identity known without asking it: provider, binary or image. The rest is left empty.
    fn identity(&self) -> Identity;

    /// Its log, where the harness can read it.
    fn log(&self) -> Option<&ServerLog>;

    /// Why it runs no more; `None` while it runs or when that cannot be known.
    fn death(&self) -> Option<crate::error::Error>;

    /// Whether it is the run's own, to crash as it likes.
    fn may_crash(&self) -> bool {
        true
    }

    /// Stops it as a crash does: no checkpoint, sessions cut. Committed work must survive [`Server::restart`].
    async fn crash(&self) -> Result<()>;

    /// Starts it again at the same address and waits until it accepts connections.
    async fn restart(&self) -> Result<()>;

    /// Ends it for good and removes what it kept.
    async fn stop(self: Box<Self>) -> Result<()>;
}
