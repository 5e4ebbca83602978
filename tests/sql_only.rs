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

/// Nobody is named as the owner, so that the admin is.
const OF_THE_ADMIN: [(&str, &str); 4] = [
    ("roles.sql", "CREATE ROLE app LOGIN;"),
    ("migrations/1_log.up.sql", "CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run text, what text);
        GRANT SELECT, INSERT ON log TO app;"),
    ("migrations/1_log.down.sql", "DROP TABLE log;"),
    ("sor-gate.toml", "name = \"log\"\ndatabase = { setup = [\"roles.sql\"], migrations = \"migrations\" }\nroles.worker = \"app\"
        [events]\ntable = \"log\"\nappend = \"INSERT INTO log (run, what) VALUES (${run_id}, 'noted')\""),
];

/// The system, with parts of its files replaced.
fn of_the_admin(changes: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    for (name, text) in OF_THE_ADMIN {
        let text = changes.iter().fold(text.to_owned(), |text, (part, other)| text.replace(part, other));
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What a claim of the append-only drill came to: its verdict and what was observed.
fn append_only(folder: &Path, claim: &str, words: &[&str]) -> (String, String) {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    command.current_dir(folder).args(["drill", "append_only", "--format", "json"]).args(words);
    let told: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let findings = told[0]["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["claim"] == claim).unwrap();
    (finding["verdict"].as_str().unwrap().to_owned(), finding["observed"].to_string())
}

#[test]
fn events_that_the_admin_owns_get_their_verdict() {
    let folder = of_the_admin(&[]);
    let (verdict, observed) = append_only(folder.path(), "not_owner", &[]);
    assert_eq!(verdict, "pass", "{observed}");
    let (verdict, observed) = append_only(folder.path(), "not_owner", &["--break", "owner_granted"]);
    assert_eq!(verdict, "fail", "{observed}");
}

#[test]
fn events_that_another_role_appends_are_attacked_by_that_role() {
    let scribe = [
        ("CREATE ROLE app LOGIN;", "CREATE ROLE app LOGIN; CREATE ROLE scribe LOGIN;"),
        ("ON log TO app", "ON log TO scribe"),
        ("[events]", "[events]\nrole = \"scribe\""),
    ];
    let folder = of_the_admin(&scribe);
    for claim in ["insert_allowed", "update_refused", "delete_refused", "truncate_refused", "not_owner"] {
        let (verdict, observed) = append_only(folder.path(), claim, &[]);
        assert_eq!(verdict, "pass", "{claim}: {observed}");
    }
    let (verdict, observed) = append_only(folder.path(), "update_refused", &["--break", "update_granted"]);
    assert_eq!(verdict, "fail", "{observed}");
    let not_the_workers = of_the_admin(&scribe[..2]);
    let (verdict, observed) = append_only(not_the_workers.path(), "insert_allowed", &[]);
    assert_eq!(verdict, "fail", "{observed}");
}

#[test]
fn every_table_of_events_is_attacked() {
    let second = |privileges: &str| {
        let table = format!(
            "TO app;\n        CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run text);
            GRANT {privileges} ON audit TO app;"
        );
        let further = "'noted')\"\n[[events.further]]\ntable = \"audit\"\nappend = \"INSERT INTO audit (run) VALUES (${run_id})\"";
        of_the_admin(&[("TO app;", &table), ("'noted')\"", further)])
    };
    let guarded = second("SELECT, INSERT");
    for claim in ["insert_allowed", "update_refused", "delete_refused", "truncate_refused", "not_owner"] {
        let (verdict, observed) = append_only(guarded.path(), claim, &[]);
        assert_eq!(verdict, "pass", "{claim}: {observed}");
        assert!(observed.contains("log: ") && observed.contains("audit: "), "{observed}");
    }
    let open = second("SELECT, INSERT, DELETE");
    let (verdict, observed) = append_only(open.path(), "delete_refused", &[]);
    assert_eq!(verdict, "fail", "{observed}");
    assert!(observed.contains("log: 1 attempt(s), all refused; audit: 1 of 1 got through"), "{observed}");
    let (verdict, observed) = append_only(open.path(), "update_refused", &[]);
    assert_eq!(verdict, "pass", "{observed}");
}
