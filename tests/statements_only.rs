//! The second suite on a system of another style: a retried transaction and versioned rows as SQL, without any program.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn gate(words: &[&str]) -> (i32, Value, String) {
    let subject = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/statements/sor-gate.toml");
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output =
        command.args(words).arg("--subject").arg(subject).args(["--format", "json"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null), told)
}

#[test]
fn it_checks_clean() {
    let (code, told, said) = gate(&["check"]);
    assert_eq!((code, told), (0, serde_json::json!([])), "{said}");
}

#[test]
fn a_retried_transaction_as_statements_is_proven() {
    let (code, told, said) = gate(&["drill", "serialization_retry"]);
    assert_eq!(code, 0, "{said}");
    let line = told[0]["evidence"].as_str().unwrap();
    assert!(
        line.starts_with("Attempt 1 read 1500, rival +100 committed, 40001; attempt 2 read 1600"),
        "{line}"
    );
    let (code, matrix, said) = gate(&["prove", "serialization_retry"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        matrix["breaks"].as_array().unwrap().iter().all(|entry| entry["proof"] == "caught"),
        "{matrix:#}"
    );
}

#[test]
fn versioned_rows_as_statements_get_the_verdicts_that_need_no_program() {
    let (code, told, said) = gate(&["drill", "version_conflict"]);
    assert_eq!(code, 1, "{said}");
    let findings = told[0]["findings"].as_array().unwrap();
    let verdicts: Vec<(&str, &str)> = findings
        .iter()
        .map(|finding| (finding["claim"].as_str().unwrap(), finding["verdict"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("stale_write_refused", "pass"),
        ("conflict_answered", "not_testable"),
        ("bump_guaranteed", "pass"),
        ("background_gives_up", "not_testable"),
        ("no_lost_update", "pass"),
    ];
    assert_eq!(verdicts, wanted, "{said}");
}

#[test]
fn a_transaction_that_locks_what_it_reads_has_no_conflict_to_show() {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/statements");
    let text = std::fs::read_to_string(source.join("sor-gate.toml")).unwrap();
    let read = "read = \"SELECT balance FROM accounts WHERE name = ${id}\"";
    assert!(text.contains(read));
    let locking = text
        .replace(read, "read = \"SELECT balance FROM accounts WHERE name = ${id} FOR UPDATE\"")
        .replace("\"roles.sql\"", &format!("{:?}", source.join("roles.sql")))
        .replace("\"migrations\"", &format!("{:?}", source.join("migrations")));
    let file = folder.path().join("sor-gate.toml");
    std::fs::write(&file, locking).unwrap();
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command.args(["drill", "serialization_retry", "--subject"]).arg(&file).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("rival had to wait for the transaction: it locks what it reads"), "{told}");
}
