//! The subject's schema: roles, migrations without the proposed one, seed rows.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::migration::{Script, Sending, send};
use crate::postgres::Cluster;
use crate::process::Scope;
use crate::quote::quote_ident;
use crate::subject::{Subject, digest};
use crate::template::Values;
use crate::worker;

/// Triggers and foreign keys off (manual, 20.11.1, session_replication_role), where admin may.
const UNCHECKED: &str = "DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', false); \
                         EXCEPTION WHEN insufficient_privilege THEN NULL; END $$";

/// SQL in the order in which it is applied.
pub struct Schema {
    owner: Option<String>,
    setup: Vec<Script>,
    /// A dump, or the copy of a live database.
    base: Vec<Script>,
    migrations: Vec<Script>,
    seed: Vec<Script>,
    stock: Option<String>,
    /// What runs the migrations that are not SQL.
    tool: Option<(Arc<Scope>, Subject)>,
    key: String,
}

/// How much of the history is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// All before the proposed migration, then the seed; all of it without a proposal.
    Proposal,
    /// Nothing: the history is still to be gone through.
    Start,
}

impl Schema {
    /// Reads every file once.
    ///
    /// # Errors
    /// A usage error for a file or folder that cannot be read, or a proposal that is not among the migrations.
    pub fn read(subject: &Subject, until: Until) -> Result<Self> {
        let read_all = |files: &[std::path::PathBuf]| -> Result<Vec<Script>> {
            files.iter().map(|file| Script::read(&subject.path(file))).collect()
        };
        let seed: &[std::path::PathBuf] = if until == Until::Start { &[] } else { &subject.database.seed };
        let mut schema = Self {
            owner: subject.roles.owner.clone(),
            setup: read_all(&subject.database.setup)?,
            base: base(subject)?,
            migrations: if until == Until::Start { Vec::new() } else { migrations(subject)? },
            seed: read_all(seed)?,
            stock: None,
            tool: None,
            key: String::new(),
        };
        let mut all = format!("{:?}\0", schema.owner);
        for script in schema.setup.iter().chain(&schema.base).chain(&schema.migrations).chain(&schema.seed) {
            all.push_str(&format!("{}\0{}\0", script.path.display(), script.digest()));
        }
        schema.key = digest(all.as_bytes());
        Ok(schema)
    }

    /// The same with the migration tool's commands at hand.
    pub fn with_tool(mut self, scope: Arc<Scope>, subject: &Subject) -> Self {
        self.tool = subject.database.commands.is_some().then(|| (scope, subject.clone()));
        self
    }

    /// The same with further rows, put in last.
    pub fn stocked(mut self, stock: String) -> Self {
        self.key = digest(format!("{}\0{stock}", self.key).as_bytes());
        self.stock = Some(stock);
        self
    }

    /// Digest of everything that is applied.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Applies it to an empty server.
    ///
    /// # Errors
    /// A usage error with file and line when Postgres refuses a statement.
    pub async fn apply(&self, cluster: &Cluster) -> Result<()> {
        let admin = cluster.admin().await?;
        for script in &self.setup {
            whole(&admin, script).await?;
        }
        for script in &self.base {
            whole(&admin, script).await?;
        }
        // A dump sets the session up for itself.
        admin.batch_execute("RESET ALL").await?;
        if let Some(owner) = &self.owner {
            let quoted = quote_ident(owner);
            let database = quote_ident(&cluster.database());
            let become_owner = format!(
                "GRANT ALL ON DATABASE {database} TO {quoted}; GRANT ALL ON SCHEMA public TO {quoted}; SET ROLE {quoted}"
            );
            admin.batch_execute(&become_owner).await?;
        }
        for script in &self.migrations {
            match (&script.sending, &self.tool) {
                (Sending::Command(words), Some((scope, subject))) => {
                    if let Some(owner) = &self.owner {
                        cluster.admit(owner).await?;
                    }
                    let address = worker::address(subject, cluster, &cluster.database());
                    let told = worker::tool(scope, subject, &address, words, Values::new()).await?;
                    told.map_err(|last| Error::usage(last).at(script.path.display()))?;
                }
                _ => send(&admin, script, script.running()).await.map_err(|error| placed(error, script))?,
            }
        }
        admin.batch_execute("RESET ROLE").await?;
        for script in &self.seed {
            whole(&admin, script).await?;
        }
        if let Some(stock) = &self.stock {
            admin.batch_execute(UNCHECKED).await?;
            let put = admin.batch_execute(stock).await;
            put.map_err(|error| {
                Error::from(error).during("putting in the rows that a drill keeps in stock")
            })?;
            admin.batch_execute("RESET session_replication_role").await?;
        }
        admin.batch_execute("ANALYZE").await?;
        Ok(())
    }
}

async fn whole(admin: &tokio_postgres::Client, script: &Script) -> Result<()> {
    admin.batch_execute(&script.text).await.map_err(|error| placed(error, script))
}

/// A refusal of the subject's own SQL, with file and line.
fn placed(error: tokio_postgres::Error, script: &Script) -> Error {
    let position = match error.as_db_error().and_then(|db| db.position()) {
        // Counted from the statement that was sent, which is the whole file unless each goes by itself.
        Some(tokio_postgres::error::ErrorPosition::Original(at)) => {
            let upto: String = script.text.chars().take(*at as usize).collect();
            format!("{}:{}", script.path.display(), upto.matches('\n').count() + 1)
        }
        _ => script.path.display().to_string(),
    };
    let mut wrong = Error::from(error).at(position);
    if wrong.kind == ErrorKind::Harness {
        wrong.kind = ErrorKind::Usage;
    }
    wrong
}

fn base(subject: &Subject) -> Result<Vec<Script>> {
    let dump =
        subject.database.dump.as_ref().map(|file| Script::read_dump(&subject.path(file))).transpose()?;
    let copied = subject.copied.iter().flat_map(|scripts| scripts.iter().cloned());
    Ok(dump.into_iter().chain(copied).collect())
}

fn migrations(subject: &Subject) -> Result<Vec<Script>> {
    let set = subject.migrations()?;
    let applied = match &subject.migration {
        Some(migration) => set.proposal(Some(&migration.proposed))?.0,
        None => &set.migrations[..],
    };
    Ok(applied.iter().map(|step| step.up.clone()).collect())
}
