//! The subject: the system under test as its `sor-gate.toml` describes it.
//!
//! The file says what a system *is* (where its tables, statements and programs are), never how to test it.
//! Each drill reads its own section; a missing section makes that drill `not testable`.

mod cache;
mod claims;
mod constraints;
mod database;
mod events;
mod forensics;
mod idempotency;
mod journal;
mod load;
mod mcp;
mod migration;
mod outbox;
mod page;
mod plans;
mod policy;
mod problem;
mod program;
mod reading;
mod retry;
mod shape;
mod spelling;
mod stock;
mod tenancy;
mod versions;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

pub use cache::{Cache, CacheRead, CacheWrite, HitCounter};
pub use claims::Claims;
pub use constraints::{Constraints, Rule, RuleKind};
pub use database::{Database, MigrationCommands, Roles};
pub use events::{EventTable, Events};
pub use forensics::{Failure, FailureKind, Forensics};
pub use idempotency::{End, Holds, Idempotency};
pub use journal::{Effect, Guarantee, Journal};
pub use load::{Draft, FILE_NAME, digest, draft, find, load, parse};
pub use mcp::{Mcp, ToolCall};
pub use migration::{History, Migration, Proposal};
pub use outbox::{Outbox, OwnSink, Relay};
pub use page::page;
pub use plans::{HotQuery, Plans};
pub use policy::{Policy, Waiver};
pub use problem::{Problem, line_and_column, suggest};
pub use program::{Program, Ready, Stdio, StopSignal};
pub use reading::{Named, Reading, Statement};
pub use retry::{Isolation, Retry, Rival, Transaction};
pub use shape::{Form, Shape, Use, schema};
pub use spelling::{catalog_name, parts};
pub use stock::{OptimisticOrder, Stock};
pub use tenancy::Tenancy;
pub use versions::{Service, Updater, VersionedTable, Versions};

/// A system under test. Only `name`, `[database]` and `[roles]` are required.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Short name.
    pub name: String,
    /// One line of what the system is.
    #[serde(default)]
    pub title: String,
    /// Where the schema comes from.
    pub database: Database,
    /// The roles that the system uses.
    pub roles: Roles,
    /// The migration proposed for release (drill `migration_review`).
    pub migration: Option<Migration>,
    /// What is known of every migration (drill `migration_review` with `--all`).
    pub history: Option<History>,
    /// Tenants and how a session says whose it is (drill `rls_identity_flip_test`, and all that seed rows).
    pub tenancy: Option<Tenancy>,
    /// The run journal (drills `run_journal_resume_drill`, `forensics_drill`).
    pub journal: Option<Journal>,
    /// The idempotent write (drill `idempotency_retry_test`).
    pub idempotency: Option<Idempotency>,
    /// The claim of pending work (drill `concurrency_claim_test`).
    pub claims: Option<Claims>,
    /// The outbox table (drill `outbox_relay_retry_test`).
    pub outbox: Option<Outbox>,
    /// The program that empties the outbox.
    pub relay: Option<Relay>,
    /// The append-only events (drill `append_only_event_test`).
    pub events: Option<Events>,
    /// The Worker program.
    pub worker: Option<Program>,
    /// The MCP server between the Worker and the database (drill `mcp_boundary_test`).
    pub mcp: Option<Mcp>,
    /// The four queries by run id and the known failures (drill `forensics_drill`).
    pub forensics: Option<Forensics>,
    /// What the database itself must refuse (drill `constraint_rejection`).
    pub constraints: Option<Constraints>,
    /// The queries that must find their rows by an index (drill `index_plan`).
    pub plans: Option<Plans>,
    /// The transaction that starts anew when it loses a race (drill `serialization_retry`).
    pub retry: Option<Retry>,
    /// The rows that many edit, each on the version that he has seen (drill `version_conflict`).
    pub versions: Option<Versions>,
    /// What is sold to many at once (drill `oversell`).
    pub stock: Option<Stock>,
    /// The cache before the database (drill `cache_coherence`).
    pub cache: Option<Cache>,
    /// The history as the migration tool's commands have told it.
    #[serde(skip)]
    pub told: Option<std::sync::Arc<crate::migration::MigrationSet>>,
    /// What a live database has told of its schema, as SQL.
    #[serde(skip)]
    pub copied: Option<std::sync::Arc<Vec<crate::migration::Script>>>,
    /// What the owner of the release allows to be missing for a while.
    #[serde(default)]
    pub policy: Policy,
    /// The folder of the subject file; relative paths start here.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The subject file itself.
    #[serde(skip)]
    pub file: PathBuf,
}

impl Subject {
    /// Every role that something connects as.
    pub fn login_roles(&self) -> Vec<&str> {
        let events = self.events.iter().filter_map(|events| events.role.as_deref());
        let relay = self.relay.iter().map(|relay| relay.role.as_str());
        let mcp = self.mcp.iter().filter_map(|mcp| mcp.role.as_deref());
        let writers = self.constraints.iter().flat_map(|rules| rules.writers.iter().map(String::as_str));
        let mut roles: Vec<&str> = std::iter::once(self.roles.worker.as_str())
            .chain(relay)
            .chain(mcp)
            .chain(events)
            .chain(writers)
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The role that appends events.
    pub fn events_role(&self) -> &str {
        let own = self.events.as_ref().and_then(|events| events.role.as_deref());
        own.unwrap_or(&self.roles.worker)
    }

    /// A path of the subject file, made absolute.
    pub fn path(&self, relative: &std::path::Path) -> PathBuf {
        self.folder.join(relative)
    }
}
