//! `[tenancy]`: the tenants and how a session says whose it is.

use schemars::JsonSchema;
use serde::Deserialize;

/// Tenants, and the statement that sets the identity of a transaction.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenancy {
    /// Sets the tenant for the running transaction: `SELECT set_config('app.tenant', ${tenant}, true)`.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant"]}))]
    pub set: String,
    /// What the connection pool runs when a connection comes back to it, for example `DISCARD ALL`; nothing by
    /// default.
    #[schemars(extend("x-sql" = {"as": "worker", "form": "script"}))]
    pub release: Option<String>,
    /// Two tenants that exist after `database.seed`.
    pub tenants: [String; 2],
    /// A tenant id that does not exist.
    pub stranger: String,
    /// The column that carries the tenant, in every table that has it.
    #[schemars(extend("x-name" = "column"))]
    pub column: String,
    /// Tables that belong to tenants without carrying the column, and must be covered all the same.
    #[serde(default)]
    #[schemars(extend("x-name" = "table"))]
    pub tables: Vec<String>,
    /// The table that the rows below go to, for example `public.expenses`.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// Inserts row number `${n}` for `${tenant}` into that table, all columns valid.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "n"]}))]
    pub insert: String,
    /// Creates a tenant `${tenant}`, for drills that need many; admin runs it. `SELECT 1` where a tenant needs no row.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["tenant"], "form": "script"}))]
    pub add_tenant: Option<String>,
    /// The id of such a tenant, with `${n}` for a number of five digits; `tenant-${n}` by default.
    #[serde(default = "default_new_tenant")]
    #[schemars(extend("x-word" = ["n"]))]
    pub new_tenant: String,
}

impl Tenancy {
    /// A system without tenants: there is nothing to set, and both stand for nobody.
    pub fn none() -> Self {
        Self {
            set: "SELECT 1".into(),
            release: None,
            tenants: Default::default(),
            stranger: String::new(),
            column: String::new(),
            tables: Vec::new(),
            table: String::new(),
            insert: String::new(),
            add_tenant: None,
            new_tenant: default_new_tenant(),
        }
    }
}

fn default_new_tenant() -> String {
    "tenant-${n}".into()
}
