//! One database of the run as a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::owned::{self, Owned};
use super::sweep;
use crate::error::{Error, Result};
use crate::postgres::backend::{Identity, Server};
use crate::postgres::connect::ConnectInfo;
use crate::postgres::log::ServerLog;

/// A database of one's own on somebody else's server: no log, no crash.
pub(super) struct ExistingServer {
    owned: Arc<Owned>,
    database: String,
    lasts: AtomicBool,
}

impl ExistingServer {
    /// Its database goes with it.
    pub(super) fn passing(owned: Arc<Owned>, database: String) -> Self {
        Self { owned, database, lasts: AtomicBool::new(false) }
    }

    /// Its database stays until the end of the run.
    pub(super) fn lasting(owned: Arc<Owned>, database: String) -> Self {
        Self { owned, database, lasts: AtomicBool::new(true) }
    }
}

fn not_ours(deed: &str) -> Error {
    Error::environment(format!("a server named by URL is not the run's to {deed}"))
        .fix("use `--postgres local` or `container`")
}

#[async_trait]
impl Server for ExistingServer {
    fn superuser(&self) -> ConnectInfo {
        self.owned.access.as_owner(&self.owned.role, &self.owned.password, &self.database)
    }

    fn tcp(&self) -> Option<ConnectInfo> {
        self.owned.access.is_tcp().then(|| self.superuser())
    }

    fn may_admit(&self, role: &str) -> Result<()> {
        self.owned.admit(role)
    }

    fn identity(&self) -> Identity {
        Identity {
            provider: "url".into(),
            version: String::new(),
            system_identifier: String::new(),
            binary: None,
            image: None,
        }
    }

    fn log(&self) -> Option<&ServerLog> {
        None
    }

    fn death(&self) -> Option<Error> {
        None
    }

    fn may_crash(&self) -> bool {
        false
    }

    async fn crash(&self) -> Result<()> {
        Err(not_ours("crash"))
    }

    async fn restart(&self) -> Result<()> {
        Err(not_ours("restart"))
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        if !self.lasts.swap(true, Ordering::Relaxed) {
            self.owned.drop_database(&self.database).await?;
        }
        Ok(())
    }
}

impl Drop for ExistingServer {
    fn drop(&mut self) {
        if !*self.lasts.get_mut() {
            let (access, role, database) =
                (self.owned.access.clone(), self.owned.role.clone(), self.database.clone());
            sweep::blocking(async move {
                let client = access.connect().await?;
                client
                    .batch_execute(&format!("SET ROLE {}", super::access::quoted(&client, &role).await?))
                    .await?;
                owned::drop_database(&client, &database).await
            });
        }
    }
}
