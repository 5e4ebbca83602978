//! The types of `record.json`; its JSON Schema is generated from them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::about::DrillAbout;
use crate::drill::Suite;
use crate::postgres::Identity;
use crate::runner::DrillRecord;

/// The version of the record's shape. It changes whenever an older reader could misread a record.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything behind a bundle. Times are UTC (RFC 3339); digests are `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "sor-gate record")]
pub struct Record {
    /// Version of this shape.
    pub schema_version: u32,
    /// The run's id, which is also the name of its folder.
    pub run_id: String,
    /// When the run began.
    pub started_at: Timestamp,
    /// When its last drill had ended.
    pub finished_at: Timestamp,
    /// `PERMITTED` or `BLOCKED`.
    pub decision: String,
    /// Which suite was run; each has a bundle of its own.
    pub suite: Suite,
    /// The gate itself.
    pub tool: ToolRecord,
    /// The system under test.
    pub subject: SubjectRecord,
    /// The server that the drills ran on.
    pub postgres: PostgresRecord,
    /// The machine.
    pub host: HostRecord,
    /// How the drills were run.
    pub plan: PlanRecord,
    /// What was allowed to be missing.
    pub policy: PolicyRecord,
    /// The run completed before this one in the same folder; null for the first.
    pub previous: Option<Previous>,
    /// The run's other files, without this one and the attestation, which covers this one.
    pub files: Vec<FileDigest>,
    /// Who attests this record.
    pub attested_by: AttestedBy,
    /// What each drill is about, in the order of the bundle.
    pub catalogue: Vec<DrillAbout>,
    /// One entry a drill, in the order of the bundle.
    pub drills: Vec<DrillRecord>,
}

/// Which gate it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolRecord {
    /// `sor-gate`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The git commit it was built from; null when the build did not know.
    pub commit: Option<String>,
}

/// Which system was under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectRecord {
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

/// The run before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its id.
    pub run_id: String,
    /// Digest of its `record.json`; null when that was already missing.
    pub digest: Option<String>,
}

/// A file and its digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// Its name, with `/` between folders.
    pub path: String,
    /// Its digest.
    pub digest: String,
}

/// What kind of attestation belongs to the record, so that a weaker one put in its place is noticed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestedBy {
    /// Id of the key that signs it (SHA-256 of the public key in DER form); null when it is not signed.
    pub key: Option<String>,
}
