//! `history`: the table, its marks, what it does not read.

use std::fs::{self, File};
use std::io::Write as _;
use std::time::Duration;

use assert_cmd::Command;
use insta::assert_snapshot;
use serde_json::Value;
use sor_gate::verdict::Verdict;

use crate::made::{ended, gate, keep, record, told};

/// Passed; red on another commit; red, with changes; red on purpose; passed and red on the same files.
fn some_runs(root: &std::path::Path) {
    keep(root, record(0));
    let mut other = ended(record(5), 2, Verdict::Fail);
    other.subjects[0].commit = Some("00009c81d07be35a6f11c0de9b8a776655443300".into());
    keep(root, other);
    let mut dirty = ended(ended(record(10), 2, Verdict::Fail), 0, Verdict::NotTestable);
    dirty.subjects[0].uncommitted = Some(vec!["seed.sql".into()]);
    keep(root, dirty);
    let mut sabotaged = ended(record(15), 1, Verdict::Fail);
    sabotaged.plan.sabotage = Some("run_journal_resume_drill.journal_ignored".into());
    keep(root, sabotaged);
    keep(root, ended(record(20), 1, Verdict::Error));
    keep(root, record(25));
}

#[test]
fn runs_stand_in_one_table() {
    let home = tempfile::tempdir().unwrap();
    some_runs(&home.path().join("evidence"));
    assert_snapshot!(told(home.path(), &["history", "evidence"]));
    let last = told(home.path(), &["history", "--last", "2"]);
    assert!(!last.contains("08:15:00") && last.contains("08:20:00") && last.contains("?2.1!~"), "{last}");
    let printed = gate(home.path(), &["history", "evidence", "--format", "json"]).stdout;
    let history: Value = serde_json::from_slice(&printed).unwrap();
    assert_eq!(history["runs"].as_array().unwrap().len(), 6);
    assert_eq!(history["runs"][1]["drills"][2]["newly_red"], true);
    assert_eq!(history["runs"][1]["drills"][2]["flaky"], false, "other files");
    assert_eq!(history["runs"][3]["drills"][1]["newly_red"], false, "red on purpose");
    assert_eq!(history["runs"][4]["drills"][1]["flaky"], true, "it passed on the same files");
}

#[test]
fn what_cannot_be_listed_is_told() {
    let home = tempfile::tempdir().unwrap();
    let refused = |args: &[&str]| told(home.path(), args);
    assert_snapshot!(refused(&["history", "nowhere"]), @r"
    error: there are no runs (nowhere)
      try: name the folder that holds `runs`
    exit 2
    ");
    fs::create_dir_all(home.path().join("evidence/runs/no-run")).unwrap();
    assert_snapshot!(refused(&["history"]), @r"
    error: there are no runs (evidence)
      try: name the folder that holds `runs`
    exit 2
    ");
    let root = home.path().join("evidence");
    let place = keep(&root, record(0));
    assert_snapshot!(refused(&["history", &place.display().to_string()]), @r"
    error: there are no runs (HERE/evidence/runs/20261121T080000Z-k3m900)
      try: name the folder that holds `runs`
    exit 2
    ");
    let cut = keep(&root, record(5)).join("record.json");
    fs::write(&cut, &fs::read(&cut).unwrap()[..500]).unwrap();
    fs::remove_file(keep(&root, record(10)).join("record.json")).unwrap();
    fs::rename(keep(&root, record(15)), root.join("runs/20261121T081600Z-k3m916")).unwrap();
    assert_snapshot!(refused(&["history", "-q"]));
}

/// Each record is a gigabyte long, of which nothing but the head is there: whoever read on would never end.
#[test]
fn a_thousand_runs_are_listed_by_their_heads() {
    let home = tempfile::tempdir().unwrap();
    let text = String::from_utf8(record(0).to_json().unwrap()).unwrap();
    let head = &text[..text.find("\"files\"").unwrap()];
    for at in 0..1_000 {
        let id = format!("20261121T08{:02}{:02}Z-k3m9qa", at / 60, at % 60);
        let place = home.path().join("evidence/runs").join(&id);
        fs::create_dir_all(&place).unwrap();
        let mut file = File::create(place.join("record.json")).unwrap();
        file.write_all(head.replace(&record(0).run_id, &id).as_bytes()).unwrap();
        file.set_len(1 << 30).unwrap();
    }
    let mut gate = Command::cargo_bin("sor-gate").unwrap();
    let output =
        gate.arg("history").current_dir(home.path()).timeout(Duration::from_secs(60)).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().matches("2026-11-21 08:").count(), 1_000);
    assert_eq!(output.status.code(), Some(0));
}
