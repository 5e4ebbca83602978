//! The branch on which the history is gone through, put right again where a migration has left it wrong.
//!
//! As long as up, down and up again give what up gives, the branch simply goes on. Otherwise it is made anew: from the
//! last copy kept, by the upgrades since then. After that a copy is kept, so that no upgrade is repeated twice.

use std::sync::Arc;

use sor_gate::catalog::Snapshot;
use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::migration::MigrationSet;
use sor_gate::quote::quote_ident;
use sor_gate::template::Values;

use super::super::branch::Branch;
use super::super::trial::{self, Run, Trial};

const FILL: &str = include_str!("fill.sql");
const EMPTY: &str = include_str!("empty.sql");
const ROLES: &str = "SELECT rolname::text FROM pg_roles WHERE oid >= 16384";

/// The branch, and where to go back to.
pub struct Ground {
    set: Arc<MigrationSet>,
    branch: Option<Branch>,
    name: String,
    before: Option<Snapshot>,
    /// The database to copy, and how many migrations are in it.
    kept: (String, usize),
    /// Roles of the server when that copy was made.
    roles: Vec<String>,
    missing: Vec<String>,
}

impl Ground {
    /// Makes the branch, with no migration in it.
    pub async fn lay(cx: &Context, set: &Arc<MigrationSet>) -> Result<Self> {
        let declared = cx.subject.migration.as_ref().map(|binding| binding.branch.clone());
        let name = declared.unwrap_or_else(|| super::BRANCH.to_owned());
        let branch = Branch::create(cx, &name).await?;
        let roles = roles(&branch).await?;
        Ok(Self {
            set: Arc::clone(set),
            branch: Some(branch),
            name,
            before: None,
            kept: (cx.cluster.database(), 0),
            roles,
            missing: Vec::new(),
        })
    }

    /// The branch. It is there whenever nobody is restoring it.
    pub fn branch(&self) -> &Branch {
        self.branch.as_ref().unwrap_or_else(|| unreachable!("a branch is put back before restore() ends"))
    }

    /// The catalog before the next migration.
    pub async fn before(&mut self) -> Result<Snapshot> {
        match self.before.take() {
            Some(before) => Ok(before),
            None => self.branch().snapshot().await,
        }
    }

    /// Migrations that could not be applied at all, oldest first.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Goes on after a migration that left the branch as its upgrade makes it.
    pub async fn passed(&mut self, cx: &Context, place: usize, trial: Trial) -> Result<()> {
        let grown = match (&trial.before, &trial.after_up) {
            (Some(before), Some(after)) => before.diff(after).added.iter().any(|item| item.kind == "table"),
            _ => false,
        };
        self.fill(cx, place, grown).await?;
        self.before = trial.after_again.or(trial.after_up);
        Ok(())
    }

    /// Rows for the migrations to come: what `[history]` says, and made-up ones for new tables.
    async fn fill(&self, cx: &Context, place: usize, grown: bool) -> Result<()> {
        let id = self.set.migrations[place].id();
        let admin = self.branch().admin();
        let declared = cx.subject.history.as_ref().and_then(|history| history.fill.get(&id));
        for statement in declared.into_iter().flatten() {
            let statement = sor_gate::template::paste(statement, &Values::new())?;
            admin.batch_execute(&statement).await.map_err(|error| {
                Error::from(error).during("filling the tables").at(format!("history.fill.\"{id}\""))
            })?;
        }
        if grown {
            admin.batch_execute(FILL).await?;
        }
        Ok(())
    }

    /// Makes the branch anew, with the migration at `place` in it if that can be.
    pub async fn restore(&mut self, cx: &Context, place: usize) -> Result<()> {
        if let Some(spoilt) = self.branch.take() {
            spoilt.remove(cx).await?;
        }
        self.forget_roles(cx).await?;
        let (database, done) = self.kept.clone();
        self.branch = Some(Branch::copy_of(cx, &self.name, &database).await?);
        for at in done..=place {
            let id = self.set.migrations[at].id();
            if self.missing.contains(&id) {
                continue;
            }
            if self.up(cx, at).await?.is_err() {
                // Perhaps it cannot be applied to rows, but to empty tables.
                self.branch().admin().batch_execute(EMPTY).await?;
                if self.up(cx, at).await?.is_err() {
                    self.missing.push(id);
                }
            }
            self.fill(cx, at, true).await?;
        }
        self.keep(cx, place + 1).await
    }

    async fn up(&self, cx: &Context, at: usize) -> Result<Run> {
        let script = &self.set.migrations[at].up;
        let migrator = self.branch().migrator(cx).await?;
        trial::execute(cx, self.branch(), &migrator, script, script.running()).await
    }

    /// Copies the branch as it now is. Its sessions end first, as Postgres asks.
    async fn keep(&mut self, cx: &Context, done: usize) -> Result<()> {
        self.roles = roles(self.branch()).await?;
        self.before = Some(self.branch().snapshot().await?);
        let fresh = format!("{}-{done}", self.name);
        self.branch = None;
        Branch::copy_of(cx, &fresh, &self.name).await?.leave();
        self.discard(cx).await?;
        self.kept = (fresh, done);
        self.branch = Some(Branch::enter(cx, &self.name).await?);
        Ok(())
    }

    async fn discard(&self, cx: &Context) -> Result<()> {
        if self.kept.1 > 0 {
            let removal = format!("DROP DATABASE {} WITH (FORCE)", quote_ident(&self.kept.0));
            cx.cluster.admin().await?.batch_execute(&removal).await?;
        }
        Ok(())
    }

    /// Roles live in the server, not in the branch: those made since the copy go with it.
    async fn forget_roles(&self, cx: &Context) -> Result<()> {
        let admin = cx.cluster.admin().await?;
        for row in admin.query(ROLES, &[]).await? {
            let role: String = row.get(0);
            if !self.roles.contains(&role) {
                let role = quote_ident(&role);
                admin.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await?;
            }
        }
        Ok(())
    }

    /// Removes what was made.
    pub async fn clear(mut self, cx: &Context) -> Result<()> {
        if let Some(branch) = self.branch.take() {
            branch.remove(cx).await?;
        }
        self.discard(cx).await
    }
}

async fn roles(branch: &Branch) -> Result<Vec<String>> {
    Ok(branch.admin().query(ROLES, &[]).await?.iter().map(|row| row.get(0)).collect())
}
