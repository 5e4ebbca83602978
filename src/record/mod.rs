//! The record: everything behind each line of a bundle, as an auditor reads it.

mod about;
mod changes;
mod doubled;
mod gather;
mod git;
mod ground;
mod head;
mod read;
mod redact;
mod schema;
mod seal;
mod secrets;
mod types;

pub use about::{ClaimAbout, DrillAbout, shape};
pub use changes::{Change, changes};
pub(crate) use doubled::doubled;
pub use gather::{host, subject, tool};
pub use ground::{HostRecord, PlanRecord, PolicyRecord, PostgresRecord, SubjectRecord, WaiverRecord};
pub use head::{Head, head};
pub use read::{Beside, RECORD_FILE, read};
pub use redact::Redactor;
pub use schema::schema;
pub use seal::{Facts, checkout, digest, files, policy};
pub use types::{
    AttestedBy, DrillEnd, FileDigest, Previous, Record, SCHEMA_VERSION, SchemaRecord, SuiteRecord, ToolRecord,
};
