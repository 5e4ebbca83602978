//! What the run owns on the server: its role, its lock, its databases.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex as SyncMutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::access::{Access, quoted};
use super::sweep;
use crate::error::{Error, Result};
use crate::postgres::connect::Secret;

/// In front of the name of whatever a run makes.
pub(super) const PREFIX: &str = "sor_gate_";
/// How long sessions that are closing may keep a database.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest part of a name that the run's id may take; names are cut at 63 bytes.
const LONGEST: usize = 40;

/// One run's part of the server. Dropping it removes all of it.
pub(super) struct Owned {
    pub(super) access: Access,
    /// The run's role, and with `_<n>` its databases.
    pub(super) role: String,
    pub(super) password: Secret,
    /// The roles that were there before the run.
    pub(super) before: Vec<String>,
    /// Roles that the harness was told to let in.
    pub(super) admitted: SyncMutex<BTreeSet<String>>,
    /// A session of the URL's role that acts as the run's role.
    pub(super) maker: Mutex<Client>,
    counter: AtomicU64,
    /// Holds the advisory lock that says that the run lives.
    _lock: Client,
}

impl Owned {
    /// Takes the lock, sweeps what killed runs left, and makes the run's role.
    ///
    /// # Errors
    /// When the server refuses, or does not let the new role in.
    pub(super) async fn make(access: Access, run: &str) -> Result<Self> {
        let role = role_name(run);
        let lock = access.connect().await?;
        lock.execute("SELECT pg_advisory_lock($1)", &[&lock_key(&role)]).await?;
        sweep::sweep(&lock).await?;
        let password = Secret::random();
        let before =
            lock.query("SELECT rolname::text FROM pg_roles WHERE rolname !~ '^sor_gate_'", &[]).await?;
        let before: Vec<String> = before.iter().map(|row| row.get(0)).collect();
        let maker = access.connect().await?;
        let name = quoted(&maker, &role).await?;
        let rank = if access.is_superuser { "SUPERUSER" } else { "CREATEDB CREATEROLE" };
        let comment = serde_json::json!({ "sor-gate": "a run's role", "before": before }).to_string();
        let comment: String = maker.query_one("SELECT quote_literal($1)", &[&comment]).await?.get(0);
        let password_text = password.reveal();
        maker
            .batch_execute(&format!(
                "BEGIN; CREATE ROLE {name} LOGIN {rank} PASSWORD '{password_text}'; COMMENT ON ROLE {name} IS {comment};
                 GRANT {name} TO CURRENT_USER; COMMIT; SET ROLE {name}"
            ))
            .await?;
        let owned = Self {
            access,
            role,
            password,
            before,
            admitted: SyncMutex::default(),
            maker: Mutex::new(maker),
            counter: AtomicU64::new(0),
            _lock: lock,
        };
        owned.try_login().await?;
        Ok(owned)
    }

    /// A server may let in only the roles that its administrator has named.
    async fn try_login(&self) -> Result<()> {
        let database = self.create_database("template0").await?;
        let login = self.access.as_owner(&self.role, &self.password, &database).connect("sor-gate").await;
        let refused = login.map(drop).map_err(|error| {
            Error::environment(format!("the server does not let in a role made by the run: {}", error.what))
                .at(self.access.redacted())
                .fix("allow password logins of all roles from here in pg_hba.conf, or use `--postgres local`")
        });
        self.drop_database(&database).await?;
        refused
    }

    /// A new database of the run, as a copy of another.
    ///
    /// # Errors
    /// When the server refuses, or sessions keep the other one for too long.
    pub(super) async fn create_database(&self, from: &str) -> Result<String> {
        let name = format!("{}_{}", self.role, self.counter.fetch_add(1, Ordering::Relaxed));
        let maker = self.maker.lock().await;
        let (to, from) = (quoted(&maker, &name).await?, quoted(&maker, from).await?);
        patiently(&maker, &format!("CREATE DATABASE {to} TEMPLATE {from}")).await?;
        Ok(name)
    }

    /// Removes a database of the run with its sessions, then roles that only it had.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn drop_database(&self, name: &str) -> Result<()> {
        drop_database(&*self.maker.lock().await, name).await
    }

    /// Remembers a role that the harness lets in.
    ///
    /// # Errors
    /// When it is somebody else's.
    pub(super) fn admit(&self, role: &str) -> Result<()> {
        if self.before.iter().any(|name| name == role) {
            return Err(super::roles::stranger(role, &self.access));
        }
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner).insert(role.into());
        Ok(())
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let (access, role) = (self.access.clone(), self.role.clone());
        let admitted = std::mem::take(&mut *self.admitted.lock().unwrap_or_else(PoisonError::into_inner));
        let admitted: Vec<String> = admitted.into_iter().collect();
        // What resists is removed by the next run's sweep.
        sweep::blocking(async move { sweep::remove_run(&access.connect().await?, &role, &admitted).await });
    }
}

/// Drops a database and ends its sessions.
pub(super) async fn drop_database(client: &Client, name: &str) -> Result<()> {
    // Only a member of a session's role, or a superuser, may end the session.
    let sessions = "SELECT DISTINCT format('GRANT %I TO CURRENT_USER', usename) FROM pg_stat_activity
         WHERE datname = $1 AND NOT pg_has_role(current_user, usesysid, 'USAGE')";
    for row in client.query(sessions, &[&name]).await? {
        client.batch_execute(row.get(0)).await?;
    }
    let name = quoted(client, name).await?;
    client.batch_execute("SET statement_timeout = '10s'").await?;
    patiently(client, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
}

/// Tries again while sessions that have been closed are still there, or are not ours to end.
async fn patiently(client: &Client, statement: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        match client.batch_execute(statement).await {
            Err(error) if is_passing(error.code()) && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            decided => return Ok(decided?),
        }
    }
}

fn is_passing(code: Option<&SqlState>) -> bool {
    code.is_some_and(|code| *code == SqlState::OBJECT_IN_USE || *code == SqlState::INSUFFICIENT_PRIVILEGE)
}

fn role_name(run: &str) -> String {
    let plain: String =
        run.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if plain.len() <= LONGEST {
        return format!("{PREFIX}{plain}");
    }
    let digest = Sha256::digest(run);
    format!("{PREFIX}{}", digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The advisory lock of a run's role.
pub(super) fn lock_key(role: &str) -> i64 {
    let digest = Sha256::digest(role);
    digest.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}
