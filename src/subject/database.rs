//! `[database]` and `[roles]`: where the schema comes from and who uses it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Where the schema comes from. Order: `setup` (as admin), the migrations (as the owner), `seed` (as admin).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// SQL files run as admin before the migrations: roles, extensions.
    #[serde(default)]
    pub setup: Vec<PathBuf>,
    /// Folder with the migrations, `N_name.up.sql` and `N_name.down.sql`.
    pub migrations: PathBuf,
    /// SQL files run as admin after the migrations: rows that the system cannot do without.
    #[serde(default)]
    pub seed: Vec<PathBuf>,
}

/// The database roles that the system uses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Owns the schema and runs the migrations; admin itself by default.
    pub owner: Option<String>,
    /// The role in whose name the Worker's writes reach the database. Attacks run as this role.
    pub worker: String,
}
