//! `[database]` and `[roles]`: where the schema comes from and who uses it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::migration::Format;

/// Where the schema comes from. Order: `setup`, `dump` or `copy` (as admin), the migrations (as the owner), `seed` (as admin).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// SQL files run as admin before the migrations: roles, extensions.
    #[serde(default)]
    #[schemars(extend("x-path" = "file"))]
    pub setup: Vec<PathBuf>,
    /// A dump of the schema in plain SQL (`pg_dump --schema-only`), applied as admin before any migrations. The roles that it
    /// names stand in `setup`.
    #[schemars(extend("x-path" = "file"))]
    pub dump: Option<PathBuf>,
    /// The URL of a live database whose schema, roles, grants and settings are copied, without rows and passwords, before
    /// any migrations; or `$NAME` of the variable that holds it. That database is only read. It needs `pg_dump`.
    pub copy: Option<String>,
    /// Folder with the migrations, in any of the formats of `docs/migrations.md`. It may be left out with `dump` or `copy`.
    #[schemars(extend("x-path" = "folder"))]
    pub migrations: Option<PathBuf>,
    /// Their format; told from the folder by default.
    pub format: Option<Format>,
    /// The migration tool's own commands, where the folder alone does not say what is run (Alembic, Django).
    pub commands: Option<MigrationCommands>,
    /// Tables, `schema.table`, in which the migration tool writes down what it has run: left out of every comparison.
    /// The usual ones of the format are known.
    #[serde(default)]
    pub bookkeeping: Vec<String>,
    /// Whether programs reach the database over TCP, at 127.0.0.1 and with passwords; over a Unix socket by default.
    #[serde(default)]
    pub tcp: bool,
    /// SQL files run as admin after the migrations: rows that the system cannot do without.
    #[serde(default)]
    #[schemars(extend("x-path" = "file"))]
    pub seed: Vec<PathBuf>,
}

/// The commands of a migration tool. `${database_url}`, `${id}` and `${previous}` may stand in every word and value. The
/// tool connects as `roles.owner`, which then must be able to log in, else as admin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrationCommands {
    /// Prints the migrations, a line each: `["alembic", "history"]`.
    pub list: Vec<String>,
    /// Regular expression with a group `id`, and perhaps `name`, for those lines; others are passed over.
    #[schemars(extend("x-regex" = ["id"]))]
    pub pattern: String,
    /// Whether the newest is printed first.
    #[serde(default)]
    pub newest_first: bool,
    /// Goes up by the migration `${id}`: `["alembic", "upgrade", "${id}"]`.
    pub up: Vec<String>,
    /// Goes back from `${id}` to `${previous}`, by one step; a reset is no way back. Without it there is no downgrade.
    pub down: Option<Vec<String>>,
    /// Prints the SQL of the upgrade without running it: `["alembic", "upgrade", "${previous}:${id}", "--sql"]`.
    pub up_sql: Vec<String>,
    /// Prints the SQL of the downgrade.
    pub down_sql: Option<Vec<String>>,
    /// What `${previous}` is for the first migration: `base` for Alembic, `zero` for Django.
    #[serde(default)]
    pub start: String,
    /// Variables added to a cleared environment (PATH and HOME are kept).
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// How the tool wants the URL to begin, such as `postgresql+psycopg://`; `postgres://` by default.
    pub url_scheme: Option<String>,
    /// How long a command may take, in seconds.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: u64,
}

fn default_timeout_s() -> u64 {
    60
}

impl MigrationCommands {
    /// How long a command may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

/// The database roles that the system uses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Owns the schema and runs the migrations; admin itself by default.
    #[schemars(extend("x-name" = "role"))]
    pub owner: Option<String>,
    /// The role in whose name the Worker's writes reach the database. Attacks run as this role.
    #[schemars(extend("x-name" = "role"))]
    pub worker: String,
}
