//! The record: everything behind each line of a bundle, as an auditor reads it.

mod about;
mod doubled;
mod gather;
mod git;
mod read;
mod redact;
mod schema;
mod seal;
mod types;

pub use about::{ClaimAbout, DrillAbout, shape};
pub(crate) use doubled::doubled;
pub use gather::{host, subject, tool};
pub use read::{Beside, RECORD_FILE, read};
pub use redact::Redactor;
pub use schema::schema;
pub use seal::{Facts, digest, files, policy};
pub use types::{
    AttestedBy, FileDigest, HostRecord, PlanRecord, PolicyRecord, PostgresRecord, Previous, Record,
    SCHEMA_VERSION, SubjectRecord, ToolRecord, WaiverRecord,
};
