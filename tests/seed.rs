//! `--seed` reproduces a run's random choices; it is printed.

#![allow(clippy::unwrap_used)]

use assert_cmd::Command;
use serde_json::Value;

/// Where the blows of a sweep fell, in order, with what the seed was printed and recorded as.
fn struck(seed: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut gate = Command::cargo_bin("sor-gate").unwrap();
    gate.args(["drill", "idempotency_retry_test", "--seed", seed, "--format", "json"]);
    let output = gate.args(["--postgres", "local"]).current_dir(folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains(&format!("seed {seed}, ")), "{told}");
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let faults = record[0]["log"]["faults"].as_array().unwrap();
    let held = faults.iter().filter(|fault| fault["kind"] == "hold");
    let mut places: Vec<String> =
        held.map(|fault| fault["detail"].as_str().unwrap().chars().take(60).collect()).collect();
    // They ran side by side.
    places.sort();
    places
}

#[test]
fn one_seed_strikes_at_the_same_places_and_another_elsewhere() {
    let one = struck("7");
    assert!(one.len() > 10, "{one:?}");
    assert_eq!(one, struck("7"));
    assert_ne!(one, struck("8"));
}
