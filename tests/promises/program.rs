//! The idempotent write as a program.

use crate::ground::System;

const DRILL: [&str; 1] = ["idempotency_retry_test"];
const INSERT: &str = "INSERT INTO tickets (org, key, minutes) VALUES (:'org'::bigint, :'key', :'amount'::bigint) ON CONFLICT (org, key) DO NOTHING";
const TELL: &str =
    "SELECT 'ticket ' || id || ' of ' || minutes FROM tickets WHERE org = :'org'::bigint AND key = :'key'";

/// `desk`, whose write is a shell script around these statements.
fn desk(statements: &[&str]) -> System {
    let system = System::design("desk", &[], "");
    let text = system.text("sor-gate.toml");
    let from = text.find("write = [").unwrap();
    let to = from + text[from..].find("table = ").unwrap();
    let said = r#"
answer = '^ticket (?<id>[0-9]+) of (?<minutes>[0-9]+)$'
program = { command = ["sh", "write.sh", "${key}", "${tenant}", "${amount}", "${database_url}"] }
"#;
    system.write("sor-gate.toml", &[&text[..from], said, &text[to..]].concat());
    let script = format!(
        "psql -qXAt -v ON_ERROR_STOP=1 -v key=\"$1\" -v org=\"$2\" -v amount=\"$3\" \"$4\" <<'SQL'
SELECT set_config('desk.org', :'org', false);
{};
SQL
",
        statements.join(";\n")
    );
    system.write("write.sh", &script);
    system
}

#[test]
fn a_program_that_writes_once_passes_and_its_breaks_are_noticed() {
    let system = desk(&["BEGIN", INSERT, TELL, "COMMIT"]);
    system.checks();
    let told = system.drill(&DRILL);
    assert_eq!(told.with("not_testable"), ["key_required"], "{}", told.said);
    assert_eq!(told.with("pass").len(), 6, "{}", told.said);
    for sabotage in ["unique_key_dropped", "look_before_insert", "overwrite_on_conflict", "global_key"] {
        system.drill(&[DRILL[0], "--break", sabotage]).says(&format!("caught: under {sabotage}"));
    }
}

#[test]
fn one_that_commits_with_each_statement_passes_too() {
    let told = desk(&[INSERT, TELL]).drill(&DRILL);
    assert_eq!(told.with("pass").len(), 6, "{}", told.said);
}

#[test]
fn one_that_looks_before_it_inserts_loses_the_race() {
    let look = "INSERT INTO tickets (org, key, minutes) SELECT :'org'::bigint, :'key', :'amount'::bigint WHERE NOT EXISTS (SELECT FROM tickets WHERE org = :'org'::bigint AND key = :'key')";
    let told = desk(&["BEGIN", look, TELL, "COMMIT"]).drill(&DRILL);
    told.fail(&["concurrent_retry"]);
    told.says("duplicate key");
}

#[test]
fn one_that_answers_its_repeats_otherwise_is_noticed() {
    let other = "SELECT 'ticket ' || txid_current() || ' of ' || minutes FROM tickets WHERE org = :'org'::bigint AND key = :'key'";
    desk(&["BEGIN", INSERT, other, "COMMIT"]).drill(&DRILL).fail(&["serial_retry"]);
}

#[test]
fn one_that_takes_a_cut_off_write_for_none_doubles_it() {
    let memory = "INSERT INTO seen (org, key) SELECT :'org'::bigint, :'key' WHERE EXISTS (SELECT FROM tickets WHERE org = :'org'::bigint AND key = :'key') ON CONFLICT DO NOTHING";
    let insert = "INSERT INTO tickets (org, key, minutes) SELECT :'org'::bigint, :'key', :'amount'::bigint WHERE NOT EXISTS (SELECT FROM seen WHERE org = :'org'::bigint AND key = :'key')";
    // The key is remembered in a transaction behind that of the write.
    let system = desk(&[insert, memory, TELL]);
    system.write(
        "schema.sql",
        "ALTER TABLE tickets DROP CONSTRAINT tickets_org_key_key;
         CREATE TABLE seen (org bigint, key text, PRIMARY KEY (org, key)); GRANT SELECT, INSERT ON seen TO desk_app;",
    );
    system.change("[roles]", "seed = [\"schema.sql\"]\n\n[roles]");
    let told = system.drill(&DRILL);
    assert!(told.with("fail").contains(&"lost_commit_reply"), "{}", told.said);
}
