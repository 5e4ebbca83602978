//! `[tenancy]`: the tenants and how a session says whose it is.

use schemars::JsonSchema;
use serde::Deserialize;

/// Tenants, and the statement that sets the identity of a transaction.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenancy {
    /// Sets the tenant for the running transaction: `SELECT set_config('app.tenant', ${tenant}, true)`.
    pub set: String,
    /// Two tenants that exist after `database.seed`.
    pub tenants: [String; 2],
    /// A tenant id that does not exist.
    pub stranger: String,
    /// The column that carries the tenant, in every table that has it.
    pub column: String,
    /// The table that the rows below go to, for example `public.expenses`.
    pub table: String,
    /// Inserts row number `${n}` for `${tenant}` into that table, all columns valid.
    pub insert: String,
    /// Creates a tenant `${tenant}`, for drills that need many; admin runs it.
    pub add_tenant: Option<String>,
}
