//! Correct but different designs pass: how a system keeps its promises is its own business.
//!
//! `desk`: public, bigint keys, tenants by a setting, DO NOTHING, append-only by grants, SKIP LOCKED, done is a state.
//! `lager`: quoted and non-ASCII names, uuid keys, tenants by a table of members, DO UPDATE of nothing, append-only by a
//! trigger, claims by advisory locks, done is gone. `crm`: a schema of its own, text keys, tenants are roles, a function.
//! `shift`: no tenants, claims by a serializable update that is made again when it loses a race.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn designs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/designs")
}

fn gate(design: &str, words: &[&str]) -> (Value, String) {
    gate_in(&designs().join(design), words)
}

fn gate_in(folder: &Path, words: &[&str]) -> (Value, String) {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command.current_dir(folder).args(words).args(["--format", "json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")), said)
}

/// Every claim of a drill holds, but for those that the design does not describe.
fn holds(design: &str, drill: &str, not_described: &[&str]) {
    let (record, said) = gate(design, &["drill", drill]);
    let findings = record[0]["findings"].as_array().unwrap();
    let told: BTreeMap<&str, &str> = findings
        .iter()
        .map(|finding| (finding["claim"].as_str().unwrap(), finding["verdict"].as_str().unwrap()))
        .collect();
    for (claim, verdict) in &told {
        let wanted = if not_described.contains(claim) { "not_testable" } else { "pass" };
        assert_eq!(*verdict, wanted, "{design}: {claim}\n{said}");
    }
    assert!(told.len() > not_described.len());
}

/// A break is noticed on this design too, so that its pass means something.
fn notices(design: &str, drill: &str, sabotage: &str) {
    let (_, said) = gate(design, &["drill", drill, "--break", sabotage]);
    assert!(said.contains(&format!("caught: under {sabotage}")), "{said}");
}

const EVENTS: (&str, &[&str]) = ("append_only_event_test", &["replay", "commit_order_gap"]);

#[test]
fn they_check_clean() {
    for design in ["desk", "lager", "crm", "shift"] {
        let (told, said) = gate(design, &["check"]);
        assert_eq!(told, serde_json::json!([]), "{design}: {said}");
    }
}

#[test]
fn append_only_by_grants() {
    holds("desk", EVENTS.0, EVENTS.1);
    notices("desk", EVENTS.0, "update_granted");
}

#[test]
fn append_only_by_a_trigger() {
    holds("lager", EVENTS.0, EVENTS.1);
    // One trigger refuses UPDATE and DELETE: the break takes it away for the one alone.
    notices("lager", EVENTS.0, "update_granted");
}

#[test]
fn append_only_where_tenants_are_roles() {
    holds("crm", EVENTS.0, EVENTS.1);
}

#[test]
fn idempotency_by_do_nothing() {
    holds("desk", "idempotency_retry_test", &[]);
    notices("desk", "idempotency_retry_test", "unique_key_dropped");
}

#[test]
fn idempotency_by_do_update_of_nothing() {
    holds("lager", "idempotency_retry_test", &[]);
}

#[test]
fn idempotency_by_a_function() {
    holds("crm", "idempotency_retry_test", &[]);
}

#[test]
fn row_level_security_by_a_setting() {
    holds("desk", "rls_identity_flip_test", &[]);
}

#[test]
fn row_level_security_by_a_table_of_members() {
    holds("lager", "rls_identity_flip_test", &[]);
    notices("lager", "rls_identity_flip_test", "policy_using_true");
}

#[test]
fn row_level_security_by_roles() {
    holds("crm", "rls_identity_flip_test", &[]);
    notices("crm", "rls_identity_flip_test", "rls_disabled");
}

#[test]
fn claims_by_skip_locked_and_done_as_a_state() {
    holds("desk", "concurrency_claim_test", &[]);
}

#[test]
fn claims_by_advisory_locks_and_done_as_gone() {
    holds("lager", "concurrency_claim_test", &[]);
    notices("lager", "concurrency_claim_test", "done_does_not_mark");
}

/// The races of a serializable update have one winner a round, so that a large fleet is unfair to some.
const FLEET: [&str; 6] = ["drill", "concurrency_claim_test", "--workers", "8", "--rows", "96"];

fn verdicts(record: &Value, wanted: &str) -> Vec<String> {
    let findings = record[0]["findings"].as_array().unwrap().iter();
    let with = findings.filter(|finding| finding["verdict"] == wanted);
    with.map(|finding| finding["claim"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn claims_by_a_serializable_update() {
    let (record, said) = gate("shift", &FLEET);
    assert_eq!(verdicts(&record, "pass").len(), 7, "{said}");
    let (_, said) = gate("shift", &[&FLEET[..], &["--break", "locking_removed"]].concat());
    assert!(said.contains("caught: under locking_removed"), "{said}");
}

#[test]
fn a_serializable_update_without_its_isolation_or_its_retry_fails() {
    let wanted = [
        ("isolation = \"serializable\"\n", "", "exclusive"),
        ("max_attempts = 1000", "max_attempts = 1", "no_errors"),
    ];
    for (part, other, claim) in wanted {
        let copy = tempfile::tempdir().unwrap();
        let text = std::fs::read_to_string(designs().join("shift/sor-gate.toml")).unwrap();
        assert!(text.contains(part));
        let at = |name: &str| format!("{:?}", designs().join("shift").join(name));
        let text = text.replace(part, other).replace("\"migrations\"", &at("migrations"));
        let text = text.replace("\"roles.sql\"", &at("roles.sql"));
        std::fs::write(copy.path().join("sor-gate.toml"), text).unwrap();
        let (record, said) = gate_in(copy.path(), &FLEET);
        assert!(verdicts(&record, "fail").contains(&claim.to_owned()), "{said}");
    }
}
