//! The types of `record.json`, from which its JSON Schema is generated; those of what a run stood on are in `ground`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::about::DrillAbout;
use super::ground::{HostRecord, PlanRecord, PolicyRecord, PostgresRecord, SubjectRecord};
use crate::catalog::Snapshot;
use crate::drill::Suite;
use crate::release::BundleShape;
use crate::runner::DrillRecord;
use crate::verdict::Verdict;

/// The version of the record's shape. It changes whenever an older reader could misread a record.
pub const SCHEMA_VERSION: u32 = 3;

/// Everything behind a bundle. What a list of runs needs comes first, so that it can be read without the rest. Times are UTC (RFC 3339); digests are `sha256:` and 64 hexadecimal digits.
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
    /// `PERMITTED` when every suite is, else `BLOCKED`.
    pub decision: String,
    /// The suites that were run, each with a bundle and a decision of its own.
    pub suites: Vec<SuiteRecord>,
    /// The gate itself.
    pub tool: ToolRecord,
    /// The systems under test.
    pub subjects: Vec<SubjectRecord>,
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
    /// What each drill is about, in the order of the bundles.
    pub catalogue: Vec<DrillAbout>,
    /// What the drills found in each subject's database when they began: its schema.
    pub schemas: Vec<SchemaRecord>,
    /// One entry a drill, in the order of the bundles.
    pub drills: Vec<DrillRecord>,
}

/// A suite, and what was decided on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteRecord {
    /// Which.
    pub suite: Suite,
    /// Its bundle among the run's files.
    pub bundle: String,
    /// `PERMITTED` or `BLOCKED`.
    pub decision: String,
    /// How each of its drills ended, in the order of the bundle.
    pub drills: Vec<DrillEnd>,
}

/// How a drill ended; everything behind it stands under its id in `drills`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillEnd {
    /// Id of the drill.
    pub id: String,
    /// The worst of its findings.
    pub verdict: Verdict,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl From<&DrillRecord> for DrillEnd {
    fn from(drill: &DrillRecord) -> Self {
        Self { id: drill.id.clone(), verdict: drill.verdict, duration_ms: drill.duration_ms }
    }
}

/// The schema of a subject's database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaRecord {
    /// The subject's short name.
    pub subject: String,
    /// Its catalog: setup, migrations without the proposed one, seeds.
    pub catalog: Snapshot,
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

impl Record {
    /// The system that a drill was run on.
    pub fn subject_of(&self, drill: &str) -> Option<&SubjectRecord> {
        self.subjects.iter().find(|subject| subject.drills.iter().any(|id| id == drill))
    }

    /// The names of the systems, as a heading has them.
    pub fn title(&self) -> String {
        self.subjects.iter().map(|subject| subject.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// How the drills of a bundle ended.
    pub fn ends(&self, shape: &BundleShape) -> Vec<DrillEnd> {
        self.drills_of(shape).map(DrillEnd::from).collect()
    }
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
