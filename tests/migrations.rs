//! Histories in every format through the binary: the schema is set up, the last migration is judged, and the whole
//! history is gone through.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Output;

const TABLE: &str = "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);";
const NO_TABLE: &str = "DROP TABLE notes;";
const COLUMN: &str = "ALTER TABLE notes ADD COLUMN author text;";
const NO_COLUMN: &str = "ALTER TABLE notes DROP COLUMN author;";

/// A subject of nothing but migrations, of which the last adds a column.
fn subject(files: &[(&str, String)], proposed: &str, more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join("migrations").join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let file = format!(
        "name = \"tiny\"\n[database]\nmigrations = \"migrations\"\n[roles]\nworker = \"postgres\"\n\
         [migration]\nproposed = \"{proposed}\"\nbranch = \"tiny-branch\"\nscope = [\"column public.notes.author\"]\n\
         proposes = {{ \"column public.notes.author\" = [\"type: text\", \"null: yes\"] }}\n\
         fill = [\"INSERT INTO public.notes (body) VALUES ('one'), ('two')\"]\n{more}"
    );
    std::fs::write(folder.path().join("sor-gate.toml"), file).expect("a subject file");
    folder
}

fn drill(folder: &Path, all: bool) -> (Output, serde_json::Value) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sor-gate"));
    command.current_dir(folder).args(["drill", "migration_review", "--format", "json", "--no-progress"]);
    if all {
        command.arg("--all");
    }
    let output = command.output().expect("the binary");
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output, told)
}

/// The lines of `--all`, one a migration.
fn lines(told: &serde_json::Value) -> Vec<String> {
    let exhibits = told[0]["exhibits"].as_array().expect("exhibits");
    let list = exhibits.iter().find(|exhibit| exhibit["title"] == "Every migration").expect("the list");
    list["body"].as_str().expect("text").lines().map(str::to_owned).collect()
}

fn passes(folder: &Path, all: bool) -> serde_json::Value {
    let (output, told) = drill(folder, all);
    assert!(output.status.success(), "{}\n{told:#}", String::from_utf8_lossy(&output.stderr));
    told
}

fn marked(up: &str, down: &str, first: &str, second: &str) -> String {
    format!("{up}\n{first}\n{down}\n{second}\n")
}

#[test]
fn every_format_sets_up_the_schema_and_has_its_last_migration_judged() {
    let sqitch = |text: &str| format!("BEGIN;\n{text}\nCOMMIT;\n");
    let (table, no_table) = (TABLE.to_owned(), NO_TABLE.to_owned());
    let (column, no_column) = (COLUMN.to_owned(), NO_COLUMN.to_owned());
    let paired = |up: [&'static str; 2], down: [&'static str; 2]| {
        vec![
            (up[0], table.clone()),
            (down[0], no_table.clone()),
            (up[1], column.clone()),
            (down[1], no_column.clone()),
        ]
    };
    let single = |names: [&'static str; 2], up: &str, down: &str| {
        vec![(names[0], marked(up, down, TABLE, NO_TABLE)), (names[1], marked(up, down, COLUMN, NO_COLUMN))]
    };
    let cases = [
        ("paired", paired(["9_a.up.sql", "10_b.up.sql"], ["9_a.down.sql", "10_b.down.sql"]), "10_b"),
        ("diesel", paired(["1_a/up.sql", "2_b/up.sql"], ["1_a/down.sql", "2_b/down.sql"]), "2_b"),
        ("flyway", paired(["V1__a.sql", "V1.1__b.sql"], ["U1__a.sql", "U1.1__b.sql"]), "1.1_b"),
        ("goose", single(["1_a.sql", "2_b.sql"], "-- +goose Up", "-- +goose Down"), "2_b"),
        ("dbmate", single(["1_a.sql", "2_b.sql"], "-- migrate:up", "-- migrate:down"), "2_b"),
        ("sql_migrate", single(["1-a.sql", "2-b.sql"], "-- +migrate Up", "-- +migrate Down"), "2-b"),
        ("tern", single(["001_a.sql", "002_b.sql"], "", "---- create above / drop below ----"), "2_b"),
        (
            "sqitch",
            vec![
                ("sqitch.plan", "%project=tiny\n\na 2024-01-01T00:00:00Z A <a@b> # n\nb [a] 2024-01-01T00:00:00Z A <a@b>\n".into()),
                ("deploy/a.sql", sqitch(TABLE)),
                ("revert/a.sql", sqitch(NO_TABLE)),
                ("deploy/b.sql", sqitch(COLUMN)),
                ("revert/b.sql", sqitch(NO_COLUMN)),
                ("verify/b.sql", "BEGIN;\nSELECT author FROM notes;\nROLLBACK;\n".into()),
            ],
            "b",
        ),
    ];
    for (format, files, proposed) in cases {
        let proposed = if format == "tern" { "002_b" } else { proposed };
        let folder = subject(&files, proposed, "");
        let told = passes(folder.path(), false);
        let line = told[0]["evidence"].as_str().expect("a line").to_owned();
        assert!(
            line.contains("added column public.notes.author; taken back without a difference"),
            "{format}: {line}"
        );
    }
    // refinery has no downgrade, and the drill says so.
    let folder = subject(&[("V2__b.sql", column), ("U1__a.sql", table)], "2_b", "");
    let (output, told) = drill(folder.path(), false);
    assert!(!output.status.success());
    let red: Vec<_> = told[0]["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["verdict"] != "pass" && finding["follows"].is_null())
        .map(|finding| finding["claim"].as_str().expect("a claim").to_owned())
        .collect();
    assert_eq!(red, ["both_directions"]);
}

#[test]
fn a_whole_history_is_reviewed_and_no_finding_cascades() {
    let pair = |up: &str, down: &str| marked("-- +goose Up", "-- +goose Down", up, down);
    let singly = |up: &str, down: &str| format!("-- +goose NO TRANSACTION\n{}", pair(up, down));
    let files = [
        ("01_notes.sql", pair(TABLE, NO_TABLE)),
        ("02_mood.sql", pair("CREATE TYPE mood AS ENUM ('sad');", "DROP TYPE mood;")),
        ("03_happy.sql", pair("ALTER TYPE mood ADD VALUE 'happy';", "SELECT 1;")),
        ("04_author.sql", pair(COLUMN, NO_COLUMN)),
        // Its downgrade leaves a type, on which the second upgrade fails.
        (
            "05_kind.sql",
            pair("CREATE TYPE kind AS (a int);\nCREATE TABLE kinds (k kind);", "DROP TABLE kinds;"),
        ),
        (
            "06_index.sql",
            singly(
                "CREATE INDEX CONCURRENTLY by_author ON notes (author);",
                "DROP INDEX CONCURRENTLY by_author;",
            ),
        ),
        // It cannot be applied to rows.
        (
            "07_must.sql",
            pair("ALTER TABLE notes ADD COLUMN must int NOT NULL;", "ALTER TABLE notes DROP COLUMN must;"),
        ),
        (
            "08_role.sql",
            pair(
                "CREATE ROLE tiny_reader;\nGRANT SELECT ON notes TO tiny_reader;",
                "REVOKE ALL ON notes FROM tiny_reader;\nDROP ROLE tiny_reader;",
            ),
        ),
        // Not in its scripts: the downgrade forgets the grant, and the role with it.
        ("09_role.sql", pair("CREATE ROLE tiny_writer;", "-- nothing")),
        (
            "10_after.sql",
            pair(
                "ALTER TABLE notes ADD COLUMN later int;\nALTER TABLE kinds ADD COLUMN b int;",
                "ALTER TABLE kinds DROP COLUMN b;\nALTER TABLE notes DROP COLUMN later;",
            ),
        ),
    ];
    let declared = "[history]\nirreversible = { \"03_happy\" = \"enum values cannot be dropped\" }\n\
                    fill = { \"01_notes\" = [\"INSERT INTO notes (body) VALUES ('a'), ('b')\"] }\n";
    let folder = subject(&files, "10_after", declared).keep();
    let file = folder.join("sor-gate.toml");
    let text = std::fs::read_to_string(&file).expect("the file");
    let text: String =
        text.lines().filter(|line| !line.starts_with("proposes")).map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, text).expect("the file");
    let (output, told) = drill(&folder, true);
    let lines = lines(&told);
    let _ = std::fs::remove_dir_all(&folder);
    assert_eq!(output.status.code(), Some(1), "{lines:#?}");
    let fails: Vec<&str> =
        lines.iter().filter(|line| !line.starts_with("pass")).map(|line| &line[5..]).collect();
    let begins = [
        "05_kind  repeats: 05_kind.sql:5 the second upgrade was refused with 42710",
        "07_must  applies: 07_must.sql:2 the upgrade was refused with 23502",
        "09_role  both_directions: 09_role.sql",
    ];
    for (line, begin) in fails.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line} should begin with {begin}");
    }
    assert_eq!(fails.len(), begins.len(), "{lines:#?}");
    assert_eq!(lines[2], "pass 03_happy  declared irreversible");
    let summary = told[0]["evidence"].as_str().expect("a line");
    assert!(
        summary.starts_with("10 migrations in the format goose: 7 pass, 3 fail, 0 not proven"),
        "{summary}"
    );
}

#[test]
fn what_depends_on_a_migration_that_cannot_run_is_not_judged() {
    let files = [
        ("1_a.up.sql", TABLE.to_owned()),
        ("1_a.down.sql", NO_TABLE.to_owned()),
        ("2_b.up.sql", "CREATE TABLE gone (a absent);".to_owned()),
        ("2_b.down.sql", "DROP TABLE gone;".to_owned()),
        ("3_c.up.sql", "ALTER TABLE gone ADD COLUMN b int;".to_owned()),
        ("3_c.down.sql", "ALTER TABLE gone DROP COLUMN b;".to_owned()),
        ("4_d.up.sql", COLUMN.to_owned()),
        ("4_d.down.sql", NO_COLUMN.to_owned()),
    ];
    let folder = subject(&files, "4_d", "");
    let (_, told) = drill(folder.path(), true);
    let lines = lines(&told);
    assert!(
        lines[1].starts_with("FAIL 2_b  applies: 2_b.up.sql:1 the upgrade was refused with 42704"),
        "{lines:#?}"
    );
    assert_eq!(lines[2], "???? 3_c  not judged, because 2_b could not be applied");
    assert!(lines[0].starts_with("pass") && lines[3].starts_with("pass"), "{lines:#?}");
}

#[test]
fn other_drills_do_not_go_through_the_history() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sor-gate"))
        .args(["drill", "concurrency_claim_test", "--all"])
        .output()
        .expect("the binary");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--all goes with migration_review"));
}
