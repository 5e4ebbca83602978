//! A relay that speaks no HTTP: it sends to a sink of the subject's own, one message after the other.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const DRILL: &str = "outbox_relay_retry_test";
const FILES: [&str; 6] = [
    "sor-gate.toml",
    "roles.sql",
    "mail_room.py",
    "relay.py",
    "migrations/1_orders.up.sql",
    "migrations/1_orders.down.sql",
];

/// A copy of the system, with a part of one of its files replaced.
fn post(changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/post");
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    for name in FILES {
        let mut text = std::fs::read_to_string(from.join(name)).unwrap();
        for (_, part, other) in changes.iter().filter(|(file, _, _)| *file == name) {
            assert!(text.contains(part), "{name}: {part}");
            text = text.replacen(part, other, 1);
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn gate(folder: &Path, words: &[&str]) -> (Value, String) {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command.current_dir(folder).args(words).args(["--format", "json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")), said)
}

/// Verdict by claim, and everything for people.
fn drill(changes: &[(&str, &str, &str)]) -> (BTreeMap<String, String>, String) {
    let folder = post(changes);
    // One that goes on for ever takes its time with each message.
    let (record, said) = gate(folder.path(), &["drill", DRILL, "--timeout", "400"]);
    let findings = record[0]["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    (findings.map(|finding| (text(finding, "claim"), text(finding, "verdict"))).collect(), said)
}

/// The claims that do not hold.
fn wrong(changes: &[(&str, &str, &str)]) -> (Vec<String>, String) {
    let (verdicts, said) = drill(changes);
    (verdicts.into_iter().filter(|(_, verdict)| verdict != "pass").map(|(claim, _)| claim).collect(), said)
}

#[test]
fn it_checks_clean_and_every_claim_holds() {
    let (told, said) = gate(post(&[]).path(), &["check"]);
    assert_eq!(told, serde_json::json!([]), "{said}");
    let (wrong, said) = wrong(&[]);
    assert!(wrong.is_empty(), "{said}");
}

#[test]
fn so_does_one_that_goes_on_for_ever() {
    let (wrong, said) = wrong(&[
        ("sor-gate.toml", "\"${sink_port}\"]", "\"${sink_port}\", \"--for-ever\"]"),
        ("sor-gate.toml", "in_order = true", "in_order = true\nsettle_ms = 1100"),
    ]);
    assert!(wrong.is_empty(), "{said}");
}

#[test]
fn a_new_key_for_each_attempt_is_noticed() {
    let (_, said) = gate(post(&[]).path(), &["drill", DRILL, "--break", "new_key_per_attempt"]);
    assert!(said.contains("caught: under new_key_per_attempt"), "{said}");
}

#[test]
fn a_message_that_overtakes_a_failed_one_breaks_the_promise() {
    let (first, due) =
        ("WHERE state = 'pending' ORDER BY id", "WHERE state = 'pending' AND due <= now() ORDER BY id");
    let (wrong, said) = wrong(&[("relay.py", first, due)]);
    assert_eq!(wrong, ["poison_isolated"], "{said}");
    assert!(said.contains("overtook it: P-1, P-2, P-3"), "{said}");
}

#[test]
fn the_newest_first_is_no_order() {
    let (wrong, said) = wrong(&[("relay.py", "ORDER BY id LIMIT", "ORDER BY id DESC LIMIT")]);
    assert!(wrong.contains(&"two_relays".to_owned()), "{said}");
    assert!(said.contains("arrived as T") && said.contains("-6, T"), "{said}");
}

#[test]
fn what_the_sink_does_not_write_down_did_not_arrive() {
    let (wrong, said) = wrong(&[("sor-gate.toml", "'^taken ", "'^sent ")]);
    assert!(wrong.contains(&"dispatched_once".to_owned()), "{said}");
}

#[test]
fn a_sink_that_is_not_there_is_told_with_its_last_words() {
    let gone = ("mail_room.py", "import socket\n", "raise SystemExit('no room')\n");
    let (verdicts, said) = drill(&[gone]);
    assert!(verdicts.values().all(|verdict| verdict == "error"), "{said}");
    assert!(said.contains("ended before it was ready") && said.contains("no room"), "{said}");
}

#[test]
fn a_pattern_without_a_key_is_refused() {
    let folder = post(&[("sor-gate.toml", "(?<key>", "(?<number>")]);
    let (told, said) = gate(folder.path(), &["check"]);
    assert!(told.to_string().contains("`relay.sink.pattern` has no group `key`"), "{told} {said}");
}
