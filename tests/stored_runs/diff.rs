//! `diff`: what changed between two runs, and what is no run.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;
use sor_gate::runner::Proof;
use sor_gate::verdict::Verdict;

use crate::made::{ended, gate, keep, record, told};

#[test]
fn what_changed_is_told() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("evidence");
    keep(&root, record(0));
    let mut other = ended(record(5), 2, Verdict::Fail);
    other.drills[0].duration_ms = 4_000;
    other.drills[1].findings.pop();
    other.drills[2].breaks[0].proof = Proof::Missed;
    other.subjects[0].uncommitted = Some(vec!["seed.sql".into()]);
    other.subjects[0].schema_files[0].digest = format!("sha256:{}", "0".repeat(64));
    other.subjects[0].schema_files.pop();
    other.postgres.settings.insert("wal_level".into(), "minimal".into());
    other.plan.seed += 1;
    // The catalog is read from JSON only, as a record's reader does.
    let mut json = serde_json::to_value(&other).unwrap();
    let items = json["schemas"][0]["catalog"]["items"].as_array_mut().unwrap();
    let column = items.iter_mut().find(|item| item["kind"] == "column").unwrap();
    column["lines"][0] = Value::from("type: money");
    items.retain(|item| item["identity"] != "public.expenses_idempotency_key");
    keep(&root, serde_json::from_value(json).unwrap());

    assert_snapshot!(told(home.path(), &["diff", "k3m900", "20261121T080500Z-k3m905"]));
    assert_snapshot!("nothing_changed", told(home.path(), &["diff", "evidence/latest", "k3m905"]));
    let printed = gate(home.path(), &["diff", "k3m900", "k3m905", "--format", "json"]).stdout;
    let found: Value = serde_json::from_slice(&printed).unwrap();
    assert_eq!(found["claims"].as_array().unwrap().len(), 2);
    assert_eq!(found["timings"].as_array().unwrap().len(), 4);
}

#[test]
fn what_is_no_run_is_told() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("evidence");
    let place = keep(&root, record(0));
    let refused = |args: &[&str]| told(home.path(), args);
    assert_snapshot!(refused(&["diff", "k3m900", "zzzzzz"]), @r"
    error: there is no run `zzzzzz` (evidence)
      try: `sor-gate history` lists the runs; name one by its folder, its id or the end of that
    exit 2
    ");
    assert_snapshot!(refused(&["diff", "k3m900", "evidence"]), @r"
    error: the run cannot be read: record.json: No such file or directory (os error 2) (evidence)
      try: name a run's folder; `sor-gate verify` tells what is wrong with one
    exit 2
    ");
    assert_snapshot!(refused(&["diff", "k3m900", "--out", "nowhere", "evidence/latest"]), @r"
    error: there is no run `k3m900` (nowhere)
      try: `sor-gate history` lists the runs; name one by its folder, its id or the end of that
    exit 2
    ");
    let file = place.join("record.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("  \"run_id\"", "  \"run\"", 1)).unwrap();
    let damaged = refused(&["diff", "k3m900", "k3m900"]);
    assert!(
        damaged.starts_with("error: the run cannot be read: record.json: run: unknown field `run`"),
        "{damaged}"
    );
    assert!(damaged.ends_with("`sor-gate verify` tells what is wrong with one\nexit 2"), "{damaged}");
    fs::rename(&place, root.join("runs/20261121T080100Z-k3m900")).unwrap();
    fs::create_dir(&place).unwrap();
    assert_snapshot!(refused(&["diff", "k3m900", "k3m900"]), @r"
    error: more than one run is called `k3m900` (evidence)
      try: give the whole id
    exit 2
    ");
}
