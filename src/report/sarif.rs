//! `sarif.json`: SARIF 2.1.0 (OASIS), a rule a claim, a result for each that does not hold, with file and line where
//! the finding names one.

use std::sync::LazyLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::record::Record;
use crate::runner::DrillRecord;
use crate::verdict::{Finding, Verdict};

// `0008_expense_notes.up.sql:3`
static PLACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([\w./-]+\.(?:sql|toml|py|js|ts|go|rb)):(\d+)(?::(\d+))?").ok());

/// All but what a path is written with.
const BEYOND_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b',');

/// The report.
///
/// # Errors
/// A harness error when it cannot be written.
pub fn report(record: &Record) -> Result<String> {
    let rules: Vec<Value> = record
        .catalogue
        .iter()
        .flat_map(|drill| {
            drill.claims.iter().map(move |claim| {
                json!({
                    "id": format!("{}.{}", drill.id, claim.id),
                    "name": claim.id,
                    "shortDescription": { "text": claim.statement },
                    "help": { "text": if claim.remedy.is_empty() { &claim.statement } else { &claim.remedy } },
                    "properties": { "tags": [drill.habit] },
                })
            })
        })
        .collect();
    let open = |drill: &DrillRecord| {
        let open = drill.findings.iter().filter(|finding| finding.verdict != Verdict::Pass);
        open.map(|finding| result(record, drill, finding)).collect::<Vec<_>>()
    };
    let results: Vec<Value> = record.drills.iter().flat_map(open).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": record.tool.name, "semanticVersion": record.tool.version, "rules": rules } },
            "automationDetails": { "id": format!("sor-gate/{}", record.run_id) },
            "invocations": [{
                "executionSuccessful": true,
                "startTimeUtc": record.started_at.to_string(),
                "endTimeUtc": record.finished_at.to_string(),
            }],
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document)
        .map(|text| text + "\n")
        .map_err(|error| Error::harness(format!("the SARIF report cannot be written: {error}")))
}

fn result(record: &Record, drill: &DrillRecord, finding: &Finding) -> Value {
    let level = if finding.verdict == Verdict::Fail { "error" } else { "warning" };
    let texts = std::iter::once(&finding.observed).chain(&finding.witness);
    let mut places: Vec<Value> = texts.flat_map(|text| places(record, text)).collect();
    places.dedup();
    if places.is_empty() {
        // Code scanning shows no result without a place.
        let file = record.subject_of(&drill.id).and_then(|subject| subject.file.rsplit('/').next());
        places.push(place(file.unwrap_or_default(), 1, None));
    }
    json!({
        "ruleId": format!("{}.{}", drill.id, finding.claim),
        "level": level,
        "message": { "text": format!("expected {}, observed {}", finding.expected, finding.observed) },
        "locations": places,
        "partialFingerprints": { "claim/v1": format!("{}.{}", drill.id, finding.claim) },
    })
}

fn places(record: &Record, text: &str) -> Vec<Value> {
    let Some(pattern) = PLACE.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter_map(|found| {
        let (name, line) = (&found[1], found[2].parse().ok().filter(|line| *line > 0)?);
        let column =
            found.get(3).and_then(|column| column.as_str().parse().ok()).filter(|column| *column > 0);
        let files = record.subjects.iter().flat_map(|subject| &subject.schema_files);
        let known = files
            .map(|file| &file.path)
            .find(|path| path.as_str() == name || path.ends_with(&format!("/{name}")));
        Some(place(known.map_or(name, String::as_str), line, column))
    });
    found.collect()
}

fn place(uri: &str, line: u64, column: Option<u64>) -> Value {
    let mut region = json!({ "startLine": line });
    if let Some(column) = column {
        region["startColumn"] = column.into();
    }
    // A URI reference (RFC 3986): a path may hold letters that one may not.
    let uri = utf8_percent_encode(uri, BEYOND_PATHS).to_string();
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": region } })
}
