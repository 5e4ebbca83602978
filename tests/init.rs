//! `init` through the binary: what it writes loads, and checks clean.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;

fn gate(folder: &Path, words: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command.current_dir(folder).args(words).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), said)
}

#[test]
fn guesses_from_migrations_check_clean() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/sql_only/migrations");
    for name in ["1_belege.up.sql", "1_belege.down.sql"] {
        std::fs::copy(from.join(name), folder.path().join("migrations").join(name)).unwrap();
    }
    let (code, said) = gate(folder.path(), &["init"]);
    assert_eq!(code, 0, "{said}");
    let text = std::fs::read_to_string(folder.path().join("sor-gate.toml")).unwrap();
    for part in [
        "\nworker = \"kassen-dienst\"",
        "kasse.mandant",
        "\ncolumn = \"\\\"Mandant\\\"\"",
        "NOT GUESSED",
        "\n[tenancy]",
        "# [journal]",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let (code, said) = gate(folder.path(), &["check"]);
    assert_eq!(code, 0, "{said}\n{text}");
    let (code, said) = gate(folder.path(), &["init"]);
    assert_eq!(code, 2, "an old file is not overwritten: {said}");
}

#[test]
fn each_table_that_looks_like_one_of_events_is_proposed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    let tables = "CREATE TABLE audit_log (id bigserial PRIMARY KEY, what text);
                  CREATE TABLE run_events (id bigserial PRIMARY KEY, what text);";
    std::fs::write(folder.path().join("migrations/1_logs.up.sql"), tables).unwrap();
    std::fs::write(folder.path().join("migrations/1_logs.down.sql"), "DROP TABLE audit_log, run_events;")
        .unwrap();
    let (code, said) = gate(folder.path(), &["init"]);
    assert_eq!(code, 0, "{said}");
    let text = std::fs::read_to_string(folder.path().join("sor-gate.toml")).unwrap();
    let (_, events) = text.split_once("# [events]\n").unwrap();
    let (first, further) = events.split_once("# [[events.further]]\n").unwrap();
    let named =
        |part: &str| ["audit_log", "run_events"].map(|table| part.lines().next().unwrap().contains(table));
    assert_ne!(named(first), named(further), "{text}");
    assert!(named(first).contains(&true) && named(further).contains(&true), "{text}");
    let (code, said) = gate(folder.path(), &["check"]);
    assert_eq!(code, 0, "{said}\n{text}");
}

#[test]
fn looking_leaves_no_template_behind() {
    let folder = tempfile::tempdir().unwrap();
    let subject = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/sql_only/sor-gate.toml");
    let cache = folder.path().join("cache");
    let templates = |words: &[&str]| {
        let mut command = Command::cargo_bin("sor-gate").unwrap();
        command.current_dir(folder.path()).env("SOR_GATE_CACHE", &cache);
        command.args(words).args(["--postgres", "local"]).assert().success();
        let names =
            std::fs::read_dir(cache.join("templates")).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("made-")).count()
    };
    let migrations = subject.with_file_name("migrations");
    assert_eq!(templates(&["init", "--migrations", migrations.to_str().unwrap()]), 0);
    assert!(
        templates(&["check", "--subject", subject.to_str().unwrap()]) > 0,
        "what will be used again is kept"
    );
}

#[test]
fn the_written_out_reference_checks_clean_and_its_drill_passes() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = gate(folder.path(), &["init", "--reference", "mine"]);
    assert_eq!(code, 0, "{said}");
    let mine = folder.path().join("mine");
    for file in ["sor-gate.toml", "roles.sql", "README.md", "src/lib.rs", "migrations/0001_tenants.up.sql"] {
        assert!(mine.join(file).is_file(), "{file}");
    }
    let (code, said) = gate(&mine, &["check"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = gate(&mine, &["drill", "idempotency_retry_test"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn no_migrations_is_said_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = gate(folder.path(), &["init"]);
    assert_eq!(code, 2);
    assert!(said.contains("--migrations DIR"), "{said}");
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let (code, said) = gate(folder.path(), &["completions", shell]);
        assert!(code == 0 && said.contains("sor-gate"), "{said}");
    }
    let (code, said) = gate(folder.path(), &["man"]);
    assert!(code == 0 && said.contains(".TH"), "{said}");
    let (code, said) = gate(folder.path(), &["man", "drill"]);
    assert!(code == 0 && said.contains("\\-\\-keep"), "{said}");
}

#[test]
fn events_come_a_line_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let output = command
        .current_dir(folder.path())
        .args(["drill", "idempotency_retry_test", "--format", "ndjson-events"])
        .output()
        .unwrap();
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["began", "started", "finished"]);
    assert_eq!(lines[2]["verdict"], "pass");
}
