//! Migrations that only a tool of their own can list, print and run.

#![allow(clippy::unwrap_used)]

use assert_cmd::Command;

fn drill(more: &[&str]) -> String {
    let subject = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/subjects/tool/sor-gate.toml");
    let mut gate = Command::cargo_bin("sor-gate").unwrap();
    gate.args(["drill", "migration_review", "--postgres", "local", "--subject", subject]).args(more);
    let output = gate.env("NO_COLOR", "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    told
}

#[test]
fn the_proposal_of_a_tool_is_reviewed() {
    let told = drill(&[]);
    assert!(told.contains("added column public.notes.author; taken back without a difference"), "{told}");
}

#[test]
fn the_history_of_a_tool_is_reviewed() {
    let told = drill(&["--all"]);
    assert!(told.contains("2 migrations in the format commands: 2 pass, 0 fail, 0 not proven"), "{told}");
}
