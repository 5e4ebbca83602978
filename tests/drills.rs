//! Every drill through the binary, as it came and under each of its breaks, on the built-in reference.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// The nine drills and the decision: the keys of a bundle, in order.
const KEYS: [&str; 10] = [
    "migration_review",
    "run_journal_resume_drill",
    "idempotency_retry_test",
    "concurrency_claim_test",
    "outbox_relay_retry_test",
    "append_only_event_test",
    "rls_identity_flip_test",
    "mcp_boundary_test",
    "forensics_drill",
    "release_decision",
];

/// The six drills of the second suite and its decision.
const DATA_INTEGRITY: [&str; 7] = [
    "constraint_rejection",
    "index_plan",
    "serialization_retry",
    "version_conflict",
    "oversell",
    "cache_coherence",
    "release_decision",
];

fn gate(args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let home = tempfile::tempdir().unwrap();
    command.args(args).args(["--postgres", "local"]).current_dir(home.path()).env("NO_COLOR", "1");
    command.env_remove("GITHUB_STEP_SUMMARY").env_remove("SOR_GATE_SUBJECT").output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The baseline is green, and each break turns exactly its claim red.
fn proves(drill: &str) {
    let output = gate(&["prove", drill, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let matrix: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(matrix["baseline"], "pass");
    let breaks = matrix["breaks"].as_array().unwrap();
    assert!(!breaks.is_empty());
    assert!(breaks.iter().all(|entry| entry["proof"] == "caught"), "{matrix:#}");
    let listed: Value = serde_json::from_slice(&gate(&["list", "--format", "json"]).stdout).unwrap();
    let spec = listed.as_array().unwrap().iter().find(|spec| spec["id"] == drill).unwrap();
    for claim in spec["claims"].as_array().unwrap() {
        let proven = breaks.iter().any(|entry| entry["claim"] == claim["id"]);
        assert!(proven, "no break was seen to turn {} red", claim["id"]);
    }
}

macro_rules! proven {
    ($($drill:ident)+) => { $(#[test] fn $drill() { proves(stringify!($drill)); })+ };
}

proven! {
    migration_review
    run_journal_resume_drill
    idempotency_retry_test
    concurrency_claim_test
    outbox_relay_retry_test
    append_only_event_test
    rls_identity_flip_test
    mcp_boundary_test
    forensics_drill
    constraint_rejection
    index_plan
    serialization_retry
    version_conflict
    oversell
    cache_coherence
}

fn bundle(out: &Path) -> serde_json::Map<String, Value> {
    read(&out.join("latest/bundle.json"))
}

fn read(file: &Path) -> serde_json::Map<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_reference_is_permitted() {
    let out = tempfile::tempdir().unwrap();
    let output = gate(&["run", "--out", out.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let bundle = bundle(out.path());
    assert_eq!(bundle.keys().collect::<Vec<_>>(), KEYS);
    assert!(KEYS[..9].iter().all(|key| bundle[*key] == "pass"), "{bundle:#?}");
    assert!(bundle["release_decision"].as_str().unwrap().starts_with("PERMITTED"));
}

#[test]
fn the_second_suite_alone_keeps_its_own_bundle() {
    let out = tempfile::tempdir().unwrap();
    let output = gate(&["run", "--suite", "data-integrity", "--out", out.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let run = out.path().join("latest");
    let bundle = read(&run.join("data_integrity.json"));
    assert_eq!(bundle.keys().collect::<Vec<_>>(), DATA_INTEGRITY);
    assert!(DATA_INTEGRITY[..6].iter().all(|key| bundle[*key] == "pass"), "{bundle:#?}");
    assert!(bundle["release_decision"].as_str().unwrap().starts_with("PERMITTED"));
    assert!(!run.join("bundle.json").exists());
    let decided = gate(&["decide", run.to_str().unwrap()]);
    assert_eq!(decided.status.code(), Some(0), "{}", told(&decided));
}

#[test]
fn both_suites_share_one_record_and_one_report() {
    let out = tempfile::tempdir().unwrap();
    let both = ["run", "--suite", "system-of-record", "--suite", "data-integrity", "--report", "html"];
    let output = gate(&[&both[..], &["--out", out.path().to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let run = out.path().join("latest");
    assert_eq!(bundle(out.path()).keys().collect::<Vec<_>>(), KEYS);
    assert_eq!(read(&run.join("data_integrity.json")).keys().collect::<Vec<_>>(), DATA_INTEGRITY);
    let record = read(&run.join("record.json"));
    let drills = record["drills"].as_array().unwrap().iter().map(|drill| drill["id"].as_str().unwrap());
    let wanted: Vec<&str> = KEYS[..9].iter().chain(&DATA_INTEGRITY[..6]).copied().collect();
    assert_eq!(drills.collect::<Vec<_>>(), wanted);
    let suites: Vec<&str> =
        record["suites"].as_array().unwrap().iter().map(|suite| suite["bundle"].as_str().unwrap()).collect();
    assert_eq!(suites, ["bundle.json", "data_integrity.json"]);
    let report = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(wanted.iter().all(|drill| report.contains(drill)));
}

#[test]
fn a_deliberate_break_is_blocked_with_everything_that_a_reader_needs() {
    let out = tempfile::tempdir().unwrap();
    let broken = "idempotency_retry_test.key_nullable";
    let output = gate(&["run", "--break", broken, "--out", out.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let bundle = bundle(out.path());
    assert_eq!(bundle.keys().collect::<Vec<_>>(), KEYS);
    assert!(bundle["idempotency_retry_test"].as_str().unwrap().starts_with("key_required: expected "));
    let decision = bundle["release_decision"].as_str().unwrap();
    for part in [
        "BLOCKED",
        "idempotency_retry_test",
        "expected refused with 23502 or 23514",
        "observed",
        "idempotency keys (Lesson 3)",
        "declare the key column NOT NULL",
    ] {
        assert!(decision.contains(part), "{part}: {decision}");
    }
    let file = out.path().join("latest/bundle.json");
    let decided = gate(&["decide", file.to_str().unwrap()]);
    assert_eq!(decided.status.code(), Some(1), "{}", told(&decided));
}
