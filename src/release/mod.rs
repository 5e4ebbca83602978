//! The release step: reads a bundle, weighs it, and permits or blocks. It never sees a database.

mod agreement;
mod bundle;
mod decision;
mod facts;
mod line;
mod policy;
mod read;
mod shape;
mod text;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;

pub use bundle::EvidenceBundle;
pub use decision::{ReleaseDecision, decide, decide_bundle, seal};
pub use facts::{DrillFacts, RecordFacts};
pub use line::{Line, one_line};
pub use policy::{ReleasePolicy, Waiver};
pub use read::{MAX_BYTES, read};
pub use shape::{BundleShape, DECISION_KEY, DrillMeta};

use crate::error::{Error, Result};

/// Decides from a bundle's file alone. A malformed bundle is BLOCKED, each defect a reason.
///
/// # Errors
/// A usage error when the file cannot be read.
pub fn decide_file(path: &Path, shape: &BundleShape, now: Timestamp) -> Result<ReleaseDecision> {
    let bytes = bytes_of(path)?;
    Ok(match read(shape, &bytes) {
        Ok(bundle) => decide_bundle(shape, &bundle, None, &ReleasePolicy::default(), now),
        Err(defects) => ReleaseDecision::malformed(defects),
    })
}

pub(crate) fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| {
        Error::usage(format!("the bundle cannot be read: {error}"))
            .at(path.display())
            .fix("name the `bundle.json` that a run left behind")
    };
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to tell, whatever the file's size.
    let limit = MAX_BYTES as u64 + 1;
    File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(unreadable)?;
    Ok(bytes)
}
