//! How long an idempotency key holds.

use crate::ground::System;

const DRILL: [&str; 1] = ["idempotency_retry_test"];
const REMOVE: &str = "remove = \"DELETE FROM tickets WHERE org = ${tenant}::bigint AND key = ${key}\"";

/// `desk` with more said of its key, other statements, and another schema.
fn desk(said: &str, write: Option<[&str; 2]>, schema: &str) -> System {
    let system =
        System::design("desk", &[("echo = \"minutes\"", &format!("echo = \"minutes\"\n{said}"))], "");
    let insert = "INSERT INTO tickets (org, key, minutes) VALUES (${tenant}::bigint, ${key}, ${amount}::bigint) ON CONFLICT (org, key) DO NOTHING";
    let select = "SELECT id, minutes FROM tickets WHERE org = ${tenant}::bigint AND key = ${key}";
    if let Some([other_insert, other_select]) = write {
        system.change(insert, other_insert);
        system.change(select, other_select);
    }
    system.write("schema.sql", &format!("{schema};"));
    system.change("[roles]", "seed = [\"schema.sql\"]\n\n[roles]");
    system
}

#[test]
fn a_key_that_is_a_column_holds_while_its_row_is_there() {
    let system = desk(&format!("holds = \"while_row_exists\"\n{REMOVE}"), None, "SELECT 1");
    system.checks();
    system.drill(&DRILL).all_pass();
    let told = system.drill(&[DRILL[0], "--break", "unique_key_dropped"]);
    told.says("caught: under unique_key_dropped");
}

#[test]
fn it_does_not_hold_for_ever() {
    let told = desk(&format!("holds = \"forever\"\n{REMOVE}"), None, "SELECT 1").drill(&DRILL);
    told.fail(&["serial_retry"]);
    told.says("after it was removed delta +1");
}

/// The keys in a table of their own.
const APART: &str = "CREATE TABLE keys (org bigint, key text NOT NULL, PRIMARY KEY (org, key)); GRANT SELECT, INSERT ON keys TO desk_app;
    ALTER TABLE tickets DROP CONSTRAINT tickets_org_key_key";
const WRITE_APART: [&str; 2] = [
    "WITH new AS (INSERT INTO keys (org, key) VALUES (${tenant}::bigint, ${key}) ON CONFLICT DO NOTHING RETURNING org, key) INSERT INTO tickets (org, key, minutes) SELECT org, key, ${amount}::bigint FROM new",
    "SELECT id, minutes FROM tickets WHERE org = ${tenant}::bigint AND key = ${key}",
];

#[test]
fn a_key_that_is_kept_apart_holds_for_ever() {
    let system = desk(&format!("holds = \"forever\"\n{REMOVE}"), Some(WRITE_APART), APART);
    system.checks();
    system.drill(&DRILL).all_pass();
}

#[test]
fn a_key_that_is_never_free_swallows_what_was_promised_to_land() {
    let told =
        desk(&format!("holds = \"while_row_exists\"\n{REMOVE}"), Some(WRITE_APART), APART).drill(&DRILL);
    told.fail(&["serial_retry"]);
    told.says("after it was removed delta +0");
}

/// A key is taken while its ticket is queued.
const QUEUED: &str =
    "ALTER TABLE tickets DROP CONSTRAINT tickets_org_key_key, ADD state text NOT NULL DEFAULT 'queued';
    CREATE UNIQUE INDEX ON tickets (org, key) WHERE state = 'queued'";
const WRITE_QUEUED: [&str; 2] = [
    "INSERT INTO tickets (org, key, minutes) VALUES (${tenant}::bigint, ${key}, ${amount}::bigint) ON CONFLICT (org, key) WHERE state = 'queued' DO NOTHING",
    "SELECT id, minutes FROM tickets WHERE org = ${tenant}::bigint AND key = ${key} AND state = 'queued'",
];
const FINISH: &str =
    "finish = \"UPDATE tickets SET state = 'done' WHERE org = ${tenant}::bigint AND key = ${key}\"";

#[test]
fn a_key_holds_while_its_work_is_queued_and_not_while_its_row_is_there() {
    let system = desk(&format!("holds = \"while_queued\"\n{FINISH}"), Some(WRITE_QUEUED), QUEUED);
    system.checks();
    system.drill(&DRILL).all_pass();
    let said = format!("holds = \"while_row_exists\"\n{FINISH}\n{REMOVE}");
    let told = desk(&said, Some(WRITE_QUEUED), QUEUED).drill(&DRILL);
    told.fail(&["serial_retry"]);
    told.says("after it was finished delta +1");
}

#[test]
fn an_end_that_ends_nothing_proves_nothing() {
    let nothing =
        "remove = \"DELETE FROM tickets WHERE org = ${tenant}::bigint AND key = 'other' || ${key}\"";
    let told = desk(&format!("holds = \"while_row_exists\"\n{nothing}"), None, "SELECT 1").drill(&DRILL);
    assert_eq!(told.with("error"), ["serial_retry"], "{}", told.said);
}
