//! A system without programs, in another style: the drills that need no program give verdicts, the others say what they want.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn gate(words: &[&str]) -> (i32, Value, String) {
    let subject = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/sql_only/sor-gate.toml");
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
fn row_level_security_gets_its_verdict() {
    let (code, told, said) = gate(&["drill", "rls_identity_flip_test"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(told[0]["verdict"], "pass", "{said}");
}

#[test]
fn row_level_security_off_is_noticed() {
    let (code, _, said) = gate(&["drill", "rls_identity_flip_test", "--break", "rls_disabled"]);
    assert_eq!(code, 1, "{said}");
}

#[test]
fn what_is_not_described_says_what_is_wanted() {
    let (code, told, said) =
        gate(&["drill", "idempotency_retry_test", "concurrency_claim_test", "run_journal_resume_drill"]);
    assert_eq!(code, 1, "{said}");
    for (record, section) in told.as_array().unwrap().iter().zip(["[idempotency]", "[claims]", "[journal]"]) {
        assert_eq!(record["verdict"], "not_testable", "{record}");
        let observed = record["findings"][0]["observed"].as_str().unwrap();
        assert!(observed.contains("not testable") && observed.contains(section), "{observed}");
    }
}
