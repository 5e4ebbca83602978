//! The in-toto Statement of a run: Statement v1 with the test-result predicate v0.1
//! (in-toto/attestation, `spec/v1/statement.md` and `spec/predicates/test-result.md`).

use serde_json::{Map, Value, json};

use super::sections::sections;
use crate::error::{Error, Result};
use crate::record::{FileDigest, RECORD_FILE, Record, SubjectRecord, digest, policy};
use crate::release::Line;

/// Name of the attestation in a run's folder.
pub const ATTESTATION_FILE: &str = "attestation.json";

/// The statement about a record and its bundle. It is a function of the record alone, so that it can be made again
/// and compared.
///
/// # Errors
/// A harness error when the record cannot be read back as JSON.
pub fn statement(record: &Record, record_bytes: &[u8]) -> Result<Value> {
    let value: Value = serde_json::from_slice(record_bytes)
        .map_err(|error| Error::harness(format!("the record cannot be attested: {error}")))?;
    let sections: Map<String, Value> =
        sections(&value).into_iter().map(|(path, digest)| (path, Value::String(digest))).collect();
    // So that each file can be told from what it was, even where the record itself is gone.
    let files: Map<String, Value> =
        record.files.iter().map(|file| (file.path.clone(), Value::String(file.digest.clone()))).collect();
    let mut subjects: Vec<Value> =
        record.files.iter().filter(|file| is_bundle(record, file)).map(described).collect();
    let own = FileDigest { path: RECORD_FILE.into(), digest: digest(record_bytes) };
    let mut own = described(&own);
    own["annotations"] = json!({ "sections": sections, "files": files });
    subjects.push(own);

    let policy = policy(&record.policy);
    let lines =
        record.drills.iter().map(|drill| (drill.id.as_str(), policy.line(&drill.id, &drill.findings)));
    let (mut passed, mut warned, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (id, line) in lines {
        match line {
            Line::Pass => passed.push(id),
            Line::Waived { .. } => warned.push(id),
            _ => failed.push(id),
        }
    }
    let result = match record.decision.as_str() {
        "PERMITTED" if warned.is_empty() => "PASSED",
        "PERMITTED" => "WARNED",
        _ => "FAILED",
    };
    let configuration: Vec<Value> = record.subjects.iter().flat_map(configuration).collect();
    Ok(json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result,
            "configuration": configuration,
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    }))
}

fn is_bundle(record: &Record, file: &FileDigest) -> bool {
    record.suites.iter().any(|suite| suite.bundle == file.path)
}

/// The subject file and the files that it names.
fn configuration(subject: &SubjectRecord) -> Vec<Value> {
    let file = FileDigest { path: "sor-gate.toml".into(), digest: subject.digest.clone() };
    std::iter::once(&file).chain(&subject.schema_files).map(described).collect()
}

/// A ResourceDescriptor; in-toto names the algorithm in the key.
fn described(file: &FileDigest) -> Value {
    let hex = file.digest.strip_prefix("sha256:").unwrap_or(&file.digest);
    json!({ "name": file.path, "digest": { "sha256": hex } })
}
