//! The scratch branch: a copy of the database in which the migration is tried.

use std::sync::{Mutex, PoisonError};

use sor_gate::catalog::{Reader, Snapshot, TableDigests};
use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::quote::quote_ident;
use sor_gate::subject::Migration;
use sor_gate::template::Values;
use tokio_postgres::Client;

/// Rows for each tenant, so that the migration meets tables that hold some.
const ROWS: u32 = 20;

/// A database of its own, copied from the subject's.
pub struct Branch {
    name: String,
    admin: Client,
    catalog: Reader,
    bookkeeping: Vec<String>,
    idle: Mutex<Vec<Client>>,
}

impl Branch {
    /// Copies the subject's database.
    pub async fn create(cx: &Context, name: &str) -> Result<Self> {
        let source = cx.cluster.admin().await?;
        Self::copy(cx, name, &source, &cx.cluster.database()).await
    }

    /// Copies another branch, on which nobody works meanwhile.
    pub async fn copy_of(cx: &Context, name: &str, database: &str) -> Result<Self> {
        let source = connect(cx, database, "admin").await?;
        Self::copy(cx, name, &source, database).await
    }

    /// `source` is a session on the database itself: the only one that Postgres lets stay while it copies.
    async fn copy(cx: &Context, name: &str, source: &Client, database: &str) -> Result<Self> {
        let copy = format!("CREATE DATABASE {} TEMPLATE {}", quote_ident(name), quote_ident(database));
        source.batch_execute(&copy).await.map_err(|error| {
            Error::from(error).during("making the scratch branch").fix("give migration.branch another name")
        })?;
        if let Some(owner) = &cx.subject.roles.owner {
            let grant = format!("GRANT ALL ON DATABASE {} TO {}", quote_ident(name), quote_ident(owner));
            source.batch_execute(&grant).await?;
        }
        cx.recorder.note("branch", format!("{name}: copied from {database}"));
        Self::enter(cx, name).await
    }

    /// Goes onto a branch that is there already.
    pub async fn enter(cx: &Context, name: &str) -> Result<Self> {
        let admin = connect(cx, name, "admin").await?;
        let bookkeeping = cx.subject.bookkeeping()?;
        Ok(Self {
            name: name.to_owned(),
            admin,
            catalog: Reader::default(),
            bookkeeping,
            idle: Mutex::default(),
        })
    }

    /// Leaves the branch in place.
    pub fn leave(self) {}

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The admin's session on the branch.
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// The catalog as it stands, without the migration tool's own tables.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.catalog.take(&self.admin).await?.without(&self.bookkeeping))
    }

    /// Digests of the rows as they stand, without the migration tool's own tables.
    pub async fn rows(&self) -> Result<TableDigests> {
        Ok(TableDigests::take(&self.admin).await?.without(&self.bookkeeping))
    }

    /// Another session of the admin, one that was given back if there is one.
    pub async fn spare(&self, cx: &Context) -> Result<Client> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(client) => Ok(client),
            None => self.session(cx, "bystander").await,
        }
    }

    /// Takes a spare session back.
    pub fn give_back(&self, client: Client) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    }

    /// Another session of the admin.
    pub async fn session(&self, cx: &Context, label: &str) -> Result<Client> {
        connect(cx, &self.name, label).await
    }

    /// A session that acts as the owner of the schema, as migrations do.
    pub async fn migrator(&self, cx: &Context) -> Result<Client> {
        let client = connect(cx, &self.name, "migrator").await?;
        if let Some(owner) = &cx.subject.roles.owner {
            client.batch_execute(&format!("SET ROLE {}", quote_ident(owner))).await?;
        }
        Ok(client)
    }

    /// Puts rows into the tables that the migration may touch.
    pub async fn fill(&self, cx: &Context, binding: &Migration) -> Result<()> {
        let mut script = String::new();
        for statement in &binding.fill {
            script.push_str(&sor_gate::template::paste(statement, &Values::new())?);
            script.push_str(";\n");
        }
        if let (true, Some(tenancy)) = (binding.fill.is_empty(), &cx.subject.tenancy) {
            for tenant in &tenancy.tenants {
                for n in 1..=ROWS {
                    let values = Values::new().with("tenant", tenant).with("n", n);
                    script.push_str(&sor_gate::template::paste(&tenancy.insert, &values)?);
                    script.push_str(";\n");
                }
            }
        }
        self.admin.batch_execute(&script).await.map_err(|error| {
            Error::from(error)
                .during("filling the tables of the branch")
                .at("migration.fill or tenancy.insert")
        })
    }

    /// Drops the branch, whoever is still connected.
    pub async fn remove(self, cx: &Context) -> Result<()> {
        let removal = format!("DROP DATABASE {} WITH (FORCE)", quote_ident(&self.name));
        drop(self.admin);
        Ok(cx.cluster.admin().await?.batch_execute(&removal).await?)
    }
}

async fn connect(cx: &Context, database: &str, label: &str) -> Result<Client> {
    cx.cluster.connect(&cx.cluster.superuser().user, database, label).await
}
