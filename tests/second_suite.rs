//! The second suite on systems of other shapes: they pass, their breaks are noticed, and what is wrong with them is found.
//!
//! `kino`: domains, a unique index over an expression, partitions, a counter lowered in one statement, `xmin` as the version.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// The subject, copied, with parts of its schema replaced.
fn kino(changes: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/designs/kino");
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("migrations")).unwrap();
    for file in ["sor-gate.toml", "roles.sql", "migrations/1_kino.up.sql", "migrations/1_kino.down.sql"] {
        let mut text = std::fs::read_to_string(from.join(file)).unwrap();
        for (was, is) in changes.iter().filter(|_| file.ends_with(".up.sql")) {
            assert!(text.contains(was), "{was}");
            text = text.replacen(was, is, 1);
        }
        std::fs::write(home.path().join(file), text).unwrap();
    }
    let file = home.path().join("sor-gate.toml");
    (home, file)
}

fn gate(subject: &Path, words: &[&str]) -> (Value, String) {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    command.args(words).args(["--format", "json", "--no-progress", "--subject"]).arg(subject);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")), said)
}

/// The drill passes, and every break of it is caught.
fn proven(drill: &str, breaks: usize) {
    let (_home, subject) = kino(&[]);
    let (matrix, said) = gate(&subject, &["prove", drill]);
    assert_eq!(matrix["baseline"], "pass", "{said}");
    let tried = matrix["breaks"].as_array().unwrap();
    assert_eq!(tried.len(), breaks);
    assert!(tried.iter().all(|one| one["proof"] == "caught"), "{said}");
}

/// The claims that fail on a system that was made otherwise.
fn failing(drill: &str, was: &str, is: &str) -> Vec<String> {
    let (_home, subject) = kino(&[(was, is)]);
    let (record, _) = gate(&subject, &["drill", drill]);
    let findings = record[0]["findings"].as_array().unwrap();
    let failed = findings.iter().filter(|finding| finding["verdict"] == "fail");
    failed.map(|finding| finding["claim"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn it_checks_clean() {
    let (_home, subject) = kino(&[]);
    let (told, said) = gate(&subject, &["check"]);
    assert_eq!(told, serde_json::json!([]), "{said}");
}

#[test]
fn constraints_by_domains_and_an_index() {
    proven("constraint_rejection", 8);
}

/// A domain must not hide what it is made of.
#[test]
fn money_that_is_rough_below_its_domain_is_found() {
    for rough in ["real", "money"] {
        let failed =
            failing("constraint_rejection", "kino.cent AS integer", &format!("kino.cent AS {rough}"));
        assert!(failed.contains(&"integer_money".to_owned()), "{rough}: {failed:?}");
    }
}

#[test]
fn an_index_that_is_not_unique_refuses_nothing() {
    let failed = failing("constraint_rejection", "CREATE UNIQUE INDEX \"eine", "CREATE INDEX \"eine");
    assert_eq!(failed, ["duplicate_refused", "any_writer"]);
}

#[test]
fn plans_by_an_index_over_an_expression() {
    proven("index_plan", 3);
}

#[test]
fn an_index_over_another_expression_is_none() {
    assert_eq!(failing("index_plan", "(lower(\"E-Mail\"))", "(\"E-Mail\")"), ["point_lookup"]);
}

#[test]
fn orders_that_lower_a_counter_in_one_statement() {
    proven("oversell", 4);
}

/// What is left may fall below zero, and nothing in the order keeps it from that.
#[test]
fn an_order_without_its_condition_oversells() {
    let (_home, subject) = kino(&[("CHECK (frei >= 0)", "")]);
    let text = std::fs::read_to_string(&subject).unwrap();
    let condition = "WHERE nr = ${sale} AND frei > 0''',\n    '''INSERT";
    assert!(text.contains(condition));
    std::fs::write(&subject, text.replacen(condition, "WHERE nr = ${sale}''',\n    '''INSERT", 1)).unwrap();
    let (record, said) = gate(&subject, &["drill", "oversell"]);
    let findings = record[0]["findings"].as_array().unwrap();
    let exact = findings.iter().find(|finding| finding["claim"] == "exact_stock").unwrap();
    assert_eq!(exact["verdict"], "fail", "{said}");
}
