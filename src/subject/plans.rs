//! `[plans]`: the queries that must find their rows by an index.

use schemars::JsonSchema;
use serde::Deserialize;

/// A large table, the lookup in it, and the other queries that may not read a large table from end to end.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plans {
    /// The table of the lookup.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// How many rows it is filled with.
    #[serde(default = "default_rows")]
    #[schemars(extend("minimum" = 1000, "maximum" = 10_000_000))]
    pub rows: u64,
    /// Fills it with `${rows}` rows; several statements may stand here.
    #[schemars(extend("x-sql" = {"as": "admin", "form": "script", "with": ["rows"]}))]
    pub fill: String,
    /// Answers a value that the lookup is to find.
    #[schemars(extend("x-sql" = {"as": "admin"}))]
    pub key: String,
    /// Looks rows up by `${key}`, a few among many.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["key"]}))]
    pub lookup: String,
    /// Other queries that run often.
    #[serde(default)]
    pub hot: Vec<HotQuery>,
    /// From how many rows on a table is large.
    #[serde(default = "default_large")]
    pub large: u64,
}

/// A query that runs often.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HotQuery {
    /// What it is for, in a few words.
    pub name: String,
    /// The query.
    #[schemars(extend("x-sql" = {"as": "worker"}))]
    pub query: String,
}

fn default_rows() -> u64 {
    20_003
}

fn default_large() -> u64 {
    1_000
}
