//! An MCP server whose tool takes SQL and promises to change nothing: the promise is tried, and a hole in it is found.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const FILES: [&str; 5] = [
    "sor-gate.toml",
    "roles.sql",
    "server.py",
    "migrations/1_letters.up.sql",
    "migrations/1_letters.down.sql",
];
const CAREFUL: &str = "SELECT answer(:'sql');";
/// As a server that was in wide use did it: `COMMIT; …` goes through.
const CARELESS: &str = "\" + sql + \";";

/// The finding about `no_smuggling`, and everything for people, with parts of the files replaced.
fn smuggling(changes: &[(&str, &str, &str)]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/query");
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    for name in FILES {
        let mut text = std::fs::read_to_string(from.join(name)).unwrap();
        for (_, part, other) in changes.iter().filter(|(file, _, _)| *file == name) {
            assert!(text.contains(part), "{name}: {part}");
            text = text.replacen(part, other, 1);
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    command.current_dir(folder.path()).args(["drill", "mcp_boundary_test", "--format", "json"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    let findings = record[0]["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["claim"] == "no_smuggling").unwrap();
    (finding.clone(), said)
}

#[test]
fn one_that_keeps_its_promise_passes() {
    let (finding, said) = smuggling(&[]);
    assert_eq!(finding["verdict"], "pass", "{said}");
    assert!(finding["witness"].to_string().contains("query was handed 6 statements"), "{finding}");
}

#[test]
fn one_whose_transaction_can_be_ended_from_within_fails() {
    let (finding, said) = smuggling(&[("server.py", CAREFUL, CARELESS)]);
    assert_eq!(finding["verdict"], "fail", "{said}");
    let observed = finding["observed"].as_str().unwrap();
    assert!(observed.contains("query.sql let `COMMIT; DELETE FROM letters` through"), "{observed}");
    assert!(observed.contains("1 rows became 0"), "{observed}");
}

#[test]
fn one_whose_role_cannot_write_keeps_its_promise_too() {
    let bare = [
        ("server.py", CAREFUL, CARELESS),
        ("migrations/1_letters.up.sql", "GRANT SELECT, INSERT, DELETE", "GRANT SELECT"),
        ("sor-gate.toml", "worker = \"query_server\"", "worker = \"writer\""),
        ("sor-gate.toml", "read_only =", "role = \"query_server\"\nread_only ="),
        ("sor-gate.toml", "[\"SELECT\", \"INSERT\", \"DELETE\"]", "[\"SELECT\"]"),
        ("roles.sql", "CREATE ROLE", "CREATE ROLE writer LOGIN;\nCREATE ROLE"),
        ("migrations/1_letters.up.sql", "-- Within", "GRANT INSERT ON letters TO writer;\n-- Within"),
    ];
    let (finding, said) = smuggling(&bare);
    assert_eq!(finding["verdict"], "pass", "{said}");
}

#[test]
fn without_a_row_to_lose_nothing_is_proven() {
    let (finding, said) = smuggling(&[
        ("sor-gate.toml", "VALUES (${tenant}", "SELECT ${tenant}"),
        ("sor-gate.toml", "${n}::text)\"", "${n}::text WHERE false\""),
    ]);
    assert_eq!(finding["verdict"], "error", "{said}");
}
