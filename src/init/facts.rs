//! What a database tells of itself: tables, keys, policies, grants. Reads the catalog only.

use serde::Deserialize;
use tokio_postgres::Client;

use crate::error::{Error, Result};

/// A table. Names are spelled as in SQL.
#[derive(Debug, Clone, Deserialize)]
pub struct Table {
    /// `schema.table`.
    pub name: String,
    /// In order.
    pub columns: Vec<Column>,
    /// The columns of each unique index over plain columns.
    pub unique_over: Vec<Vec<String>>,
    /// The expressions of its policies.
    pub policies: Vec<String>,
    /// Columns that refer to other tables.
    pub refers: Vec<String>,
    /// Privileges of roles that do not own it.
    pub grants: Vec<Grant>,
    /// Its owner.
    pub owner: String,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Spelled as in SQL.
    pub name: String,
    /// As in `CREATE TABLE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether an INSERT must give it.
    pub required: bool,
    /// The first label of an enum.
    pub label: Option<String>,
}

/// A privilege on a table.
#[derive(Debug, Clone, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: String,
    /// `SELECT`, `INSERT`, …
    pub privilege: String,
}

impl Table {
    /// Whether a role may do something with it.
    pub fn lets(&self, role: &str, privilege: &str) -> bool {
        self.owner == role || self.grants.iter().any(|one| one.role == role && one.privilege == privilege)
    }

    /// The first column whose name has one of these parts.
    pub fn like(&self, parts: &[&str]) -> Option<&Column> {
        self.columns.iter().find(|column| parts.iter().any(|part| column.name.to_lowercase().contains(part)))
    }
}

/// All tables of a database, by name.
///
/// # Errors
/// When it cannot be asked.
pub async fn tables(client: &Client) -> Result<Vec<Table>> {
    let text: String = client.query_one(include_str!("facts.sql"), &[]).await?.get(0);
    serde_json::from_str(&text).map_err(|error| Error::harness(format!("the catalog's answer: {error}")))
}

/// The tables of somebody's database, in a read-only transaction.
///
/// # Errors
/// An environment error when it cannot be reached.
pub async fn of_live(url: &str) -> Result<Vec<Table>> {
    let cannot = |error: tokio_postgres::Error| {
        Error::environment(format!("cannot look at the database: {error}"))
            .fix("give the URL of a server that is reached without TLS")
    };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.map_err(cannot)?;
    let pump = tokio::spawn(connection);
    client.batch_execute("BEGIN READ ONLY; SET LOCAL statement_timeout = '30s'").await.map_err(cannot)?;
    let found = tables(&client).await;
    drop(client);
    // The connection ends with its client; what it had to say then is of no use.
    let _ = pump.await;
    found
}
