//! `check` through the binary: everything wrong at once, with line and column, before any drill.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn check(folder: &Path) -> (i32, Vec<(String, String, String)>, String) {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command
        .current_dir(folder)
        .args(["check", "--format", "json", "--subject"])
        .arg(folder.join("sor-gate.toml"))
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = told.as_array().cloned().unwrap_or_default();
    let told = told.iter().map(|one| {
        let place = text(&one["place"]);
        let place = place.rsplit_once("sor-gate.toml:").map_or(place.clone(), |(_, place)| place.to_owned());
        (place, text(&one["what"]), text(&one["fix"]))
    });
    (output.status.code().unwrap(), told.collect(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A system in a folder of its own: one table, a role that may read and add, and these sections.
fn system(sections: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    let up = "CREATE TABLE jobs (id text PRIMARY KEY, status text NOT NULL DEFAULT 'pending', worker text);\n\
              GRANT SELECT, INSERT ON jobs TO app;";
    std::fs::write(folder.path().join("migrations/1_jobs.up.sql"), up).unwrap();
    std::fs::write(folder.path().join("migrations/1_jobs.down.sql"), "DROP TABLE jobs;").unwrap();
    std::fs::write(folder.path().join("roles.sql"), "CREATE ROLE app LOGIN;").unwrap();
    let head = "name = \"jobs\"\n[database]\nsetup = [\"roles.sql\"]\nmigrations = \"migrations\"\n[roles]\nworker = \"app\"\n";
    std::fs::write(folder.path().join("sor-gate.toml"), format!("{head}{sections}")).unwrap();
    folder
}

#[test]
fn all_that_the_catalog_does_not_bear_out_is_told_at_once() {
    let folder = system(
        r#"[claims]
table = "public.job"
seed = "INSERT INTO jobs (id) VALUES (${id})"
claim = "UPDATE jobs SET worker = ${worker} RETURNING id"
done = """
UPDATE jobs
SET state = 'done' WHERE id = ${id}"""
rows = "SELECT id, worker FROM jobs"
lease = "30 s"
[relay]
role = "ap"
max_attempts = 5
program = { command = ["true"] }
"#,
    );
    let (code, told, said) = check(folder.path());
    assert_eq!(code, 2, "{said}");
    let line = |(place, what, fix): &(String, String, String)| format!("{place} {what}; {fix}");
    let told: Vec<String> = told.iter().map(line).collect();
    assert_eq!(
        told,
        [
            "8:9 `claims.table`: there is no table public.job; did you mean `public.jobs`?",
            "10:9 `claims.claim` as app: permission denied for table jobs (42501); ",
            "13:5 `claims.done` as app: column \"state\" of relation \"jobs\" does not exist (42703); ",
            "14:8 `claims.rows` answers no column `status`; it answers `id`, `worker`; write … AS status; known here: `id`, `worker`",
            "17:8 `relay.role`: there is no role ap; did you mean `app`?",
        ],
        "{said}"
    );
}

#[test]
fn a_file_that_is_wrong_by_itself_needs_no_server() {
    let folder = system("[claims]\ntabel = 1\n");
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command
        .args(["check", "--postgres", "postgres://nobody@127.0.0.1:1/none", "--subject"])
        .arg(folder.path().join("sor-gate.toml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("sor-gate.toml:8:1") && said.contains("did you mean `table`?"), "{said}");
    assert!(said.contains("lacks the key `seed`"), "{said}");
}

#[test]
fn the_reference_checks_clean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reconciler");
    let (code, told, said) = check(&folder);
    assert_eq!((code, told), (0, Vec::new()), "{said}");
}

#[test]
fn a_waiver_of_something_unknown_is_refused() {
    let waiver = "[[policy.waivers]]\ncovers = \"forensics_dril\"\nreason = \"x\"\napprover = \"y\"\nexpires = \"2099-01-01\"\n";
    let (code, _, said) = check(system(waiver).path());
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("unknown drill `forensics_dril`"), "{said}");
}
