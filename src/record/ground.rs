//! What a run stood on, as `record.json` tells of it: subjects, server, machine, plan, policy.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::types::FileDigest;
use crate::postgres::Identity;

/// Which system was under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectRecord {
    /// The drills that it was put to, in the order of the bundles.
    pub drills: Vec<String>,
    /// Short name.
    pub name: String,
    /// One line of what it is.
    pub title: String,
    /// The subject file.
    pub file: String,
    /// Digest of the subject file.
    pub digest: String,
    /// The git commit checked out where the subject file lies; null outside a repository.
    pub commit: Option<String>,
    /// Files of that repository which were not as the commit has them, new ones too; empty when all were, null where that
    /// cannot be told.
    pub uncommitted: Option<Vec<String>>,
    /// Setup, migrations (both directions) and seeds, by their paths as seen from the subject file.
    pub schema_files: Vec<FileDigest>,
}

/// Which Postgres it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresRecord {
    /// Where it came from, its version, its system identifier.
    pub identity: Identity,
    /// The settings that decide what a result is worth, by name.
    pub settings: BTreeMap<String, String>,
}

/// Which machine it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostRecord {
    /// Host name.
    pub name: String,
    /// The system's own name for itself.
    pub system: String,
    /// Kernel and its release.
    pub kernel: String,
    /// Processor architecture.
    pub architecture: String,
    /// Processors that the run could use.
    pub cores: u64,
}

/// How the drills were run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRecord {
    /// How many breaks each drill was repeated under: `one`, `all`, `none`.
    pub prove: String,
    /// How many drills ran side by side.
    pub jobs: u64,
    /// Seed of all randomness.
    pub seed: u64,
    /// Workers of a fleet.
    pub workers: u64,
    /// Rows that a fleet worked through.
    #[serde(default)]
    pub rows: u64,
    /// Longest time that one run of a drill might take, in seconds.
    pub timeout_s: u64,
    /// The break under which the subject was run on purpose, as `drill.break`; null in an ordinary run.
    pub sabotage: Option<String>,
}

/// What the owner of the release allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRecord {
    /// Waivers, in force or not.
    pub waivers: Vec<WaiverRecord>,
}

/// A waiver as the policy held it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverRecord {
    /// A drill's id, or `drill.claim`.
    pub covers: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it.
    pub approver: String,
    /// The last day on which it holds, UTC.
    pub expires: Date,
}
