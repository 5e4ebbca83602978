//! The strict reader of `record.json`: a key too many, too few, doubled or out of place is named with its path.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::doubled::doubled;
use super::types::{Record, SCHEMA_VERSION};
use crate::error::{Error, Result};

/// Name of the record in a run's folder.
pub const RECORD_FILE: &str = "record.json";

/// Reads a record, or says what is wrong with it, one line a defect.
pub fn read(bytes: &[u8]) -> Result<Record, Vec<String>> {
    let defect = |what: String| vec![format!("{RECORD_FILE}: {what}")];
    if let Some(path) = doubled(bytes) {
        return Err(defect(format!("key `{path}` stands twice")));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let record: Record = match serde_path_to_error::deserialize(&mut json) {
        Ok(record) => record,
        Err(error) => {
            if let Some(other) = other_version(bytes) {
                return Err(defect(format!(
                    "schema_version {other} is unknown, this gate reads {SCHEMA_VERSION}"
                )));
            }
            let path = error.path().to_string();
            return Err(defect(if path == "." {
                error.inner().to_string()
            } else {
                format!("{path}: {}", error.inner())
            }));
        }
    };
    if let Err(error) = json.end() {
        return Err(defect(format!("something follows its end ({error})")));
    }
    if record.schema_version != SCHEMA_VERSION {
        let found = record.schema_version;
        return Err(defect(format!("schema_version {found} is unknown, this gate reads {SCHEMA_VERSION}")));
    }
    if let Some(place) = misplaced(bytes, &record) {
        return Err(defect(place));
    }
    Ok(record)
}

impl Record {
    /// The file's text: pretty JSON with a newline at the end.
    ///
    /// # Errors
    /// A harness error when it cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(&mut bytes)
            .map_err(|error| Error::harness(format!("the record cannot be written: {error}")))?;
        Ok(bytes)
    }

    fn write(&self, mut to: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut to, self)?;
        to.write_all(b"\n")
    }
}

/// A bundle's file and the record beside it, found by either's path or by the folder's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The bundle.
    pub bundle: PathBuf,
    /// The record, where there is one.
    pub record: Option<PathBuf>,
}

impl Beside {
    /// Looks beside `place`, a bundle, or a run's folder with a bundle of that name.
    pub fn find(place: &Path, name: &str) -> Self {
        let bundle = if place.is_dir() { place.join(name) } else { place.to_owned() };
        let record = bundle.with_file_name(RECORD_FILE);
        // A folder is a run's, and no run is without its record.
        let expected = place.is_dir() || fs::symlink_metadata(&record).is_ok();
        Self { bundle, record: expected.then_some(record) }
    }
}

/// Takes what is written as long as it is what is expected, and is left with the rest of that.
struct Same<'b>(&'b [u8]);

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn other_version(bytes: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    value.get("schema_version").filter(|version| **version != SCHEMA_VERSION).cloned()
}

/// Written again, a record must be the same bytes; the first line that is not names the place.
fn misplaced(bytes: &[u8], record: &Record) -> Option<String> {
    // Compared while it is written: a large record need not be held twice.
    let mut same = Same(bytes);
    if record.write(&mut same).is_ok() && same.0.is_empty() {
        return None;
    }
    let canonical = record.to_json().ok()?;
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (found, wanted) = (lines(bytes), lines(&canonical));
    let at = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted)?;
    let shown = |line: &[u8]| {
        let text = String::from_utf8_lossy(line);
        let cut: String = text.trim().chars().take(60).collect();
        cut
    };
    Some(format!(
        "line {} is not as the gate writes it: `{}` stands where `{}` belongs",
        at + 1,
        shown(&found[at]),
        shown(&wanted[at])
    ))
}
