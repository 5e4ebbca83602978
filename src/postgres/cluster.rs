//! One Postgres server (or the run's part of one), as drills use it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::backend::{Identity, Server};
use super::connect::ConnectInfo;
use super::log::ServerLog;
use crate::error::{Error, Result};

/// The settings that decide what a result is worth, for the record.
const SETTINGS: [&str; 10] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "data_checksums",
    "wal_level",
    "default_transaction_isolation",
    "row_security",
    "log_statement",
    "max_connections",
    "server_version_num",
];

/// A Postgres of one's own. Dropping it ends it; [`Cluster::stop`] does so without blocking.
pub struct Cluster {
    server: Box<dyn Server>,
    version: u32,
}

impl Cluster {
    pub(super) fn new(server: Box<dyn Server>, version: u32) -> Self {
        Self { server, version }
    }

    /// As superuser, or the nearest role there is on an existing server, in the scratch database.
    pub fn superuser(&self) -> ConnectInfo {
        self.server.superuser()
    }

    /// The name of the scratch database, which exists from the start and is where migrations go.
    pub fn database(&self) -> String {
        self.superuser().database
    }

    /// How to reach a database as a role.
    pub fn connect_info(&self, role: &str, database: &str) -> ConnectInfo {
        self.superuser().to(role, database)
    }

    /// The same over TCP, for programs that cannot use a socket; `None` unless it was asked for
    /// ([`super::ClusterOptions::tcp`]). The role must have been admitted.
    pub fn tcp_info(&self, role: &str, database: &str) -> Option<ConnectInfo> {
        self.server.tcp().map(|info| info.to(role, database))
    }

    /// Gives a role the password that [`Cluster::connect_info`] and [`Cluster::tcp_info`] hand out. Does nothing where no
    /// password is asked for.
    ///
    /// # Errors
    /// When there is no such role, or it may not be altered.
    pub async fn admit(&self, role: &str) -> Result<()> {
        let asked = self.superuser().password.or_else(|| self.server.tcp().and_then(|info| info.password));
        let Some(password) = asked else { return Ok(()) };
        if role == self.superuser().user && self.superuser().password.is_some() {
            return Ok(());
        }
        self.server.may_admit(role)?;
        let admin = self.admin().await?;
        // The server prepares no ALTER ROLE, so the name and the password are quoted by the server itself.
        let quoted = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)";
        let statement: String = admin.query_one(quoted, &[&role, &password.reveal()]).await?.get(0);
        admin
            .batch_execute(&statement)
            .await
            .map_err(|error| Error::from(error).during(format!("admitting role `{role}`")))
    }

    /// Connects as a role; `application` shows as `application_name`.
    ///
    /// # Errors
    /// When the server refuses; when it has died, with its last words.
    pub async fn connect(&self, role: &str, database: &str, application: &str) -> Result<Client> {
        match self.connect_info(role, database).connect(application).await {
            Ok(client) => Ok(client),
            Err(error) => Err(self.blame_soon(error).await),
        }
    }

    /// Connects as superuser to the scratch database.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub async fn admin(&self) -> Result<Client> {
        match self.superuser().connect("sor-gate").await {
            Ok(client) => Ok(client),
            Err(error) => Err(self.blame_soon(error).await),
        }
    }

    /// The death of the server when it has died, else the error given: a cut connection says nothing by itself.
    pub fn blame(&self, error: Error) -> Error {
        self.server.death().unwrap_or(error)
    }

    /// As [`Cluster::blame`], for a connection that was just lost or refused: its end is seen a moment before that
    /// of the server behind it.
    pub async fn blame_soon(&self, error: Error) -> Error {
        const MOMENT: Duration = Duration::from_millis(100);
        const PAUSE: Duration = Duration::from_millis(2);
        let begun = Instant::now();
        while self.server.death().is_none() && error.is_lost_connection() && begun.elapsed() < MOMENT {
            tokio::time::sleep(PAUSE).await;
        }
        self.blame(error)
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// Its end and its last words when it has died.
    pub fn alive(&self) -> Result<()> {
        self.server.death().map_or(Ok(()), Err)
    }

    /// `server_version_num`: 150014 is 15.14.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Which server it is.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn identity(&self) -> Result<Identity> {
        let admin = self.admin().await?;
        let version = admin.query_one("SELECT current_setting('server_version')", &[]).await?.get(0);
        let control = admin.query_one("SELECT system_identifier::text FROM pg_control_system()", &[]).await;
        let system_identifier = control.map(|row| row.get(0)).unwrap_or_default();
        Ok(Identity { version, system_identifier, ..self.server.identity() })
    }

    /// The settings that matter to the worth of a result, as the server shows them.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>> {
        let (admin, names): (_, &[&str]) = (self.admin().await?, &SETTINGS);
        let asked = "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY ($1)";
        let rows = admin.query(asked, &[&names]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Its log, where the harness can read it.
    pub fn log(&self) -> Option<&ServerLog> {
        self.server.log()
    }

    /// Switches the logging of statements (`none`, `ddl`, `mod`, `all`) for sessions that start from now on in
    /// the scratch database.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn log_statements(&self, which: &str) -> Result<()> {
        let admin = self.admin().await?;
        let quoted =
            "SELECT format('ALTER DATABASE %I SET log_statement = %L', current_database(), $1::text)";
        let statement: String = admin.query_one(quoted, &[&which]).await?.get(0);
        Ok(admin.batch_execute(&statement).await?)
    }

    /// Whether it can be crashed: not when it is somebody else's.
    pub fn may_crash(&self) -> bool {
        self.server.may_crash()
    }

    /// Stops it as a crash does.
    ///
    /// # Errors
    /// When it does not stop, or cannot be crashed because it is somebody else's.
    pub async fn crash(&self) -> Result<()> {
        self.server.crash().await
    }

    /// Starts it again at the same address after a crash.
    ///
    /// # Errors
    /// When it does not come up, with its last words.
    pub async fn restart(&self) -> Result<()> {
        self.server.restart().await
    }

    /// Ends it for good and removes what it kept.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(self) -> Result<()> {
        self.server.stop().await
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cluster").field(&self.superuser().redacted()).finish()
    }
}
