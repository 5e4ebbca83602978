//! An MCP server whose tool takes SQL and promises to change nothing: the promise is tried, and a hole in it is found.

use super::ground::{System, Told};

const CAREFUL: &str = "SELECT answer(:'sql');";
/// As a server that was in wide use did it: `COMMIT; …` goes through.
const CARELESS: &str = "\" + sql + \";";

fn drill(changes: &[(&str, &str, &str)]) -> Told {
    System::subject("query", changes).drill(&["mcp_boundary_test"])
}

fn came_to(told: &Told, verdict: &str) {
    assert_eq!(told.of("no_smuggling"), verdict, "{}", told.said);
}

#[test]
fn one_that_keeps_its_promise_passes() {
    let told = drill(&[]);
    came_to(&told, "pass");
    told.says("query was handed 6 statements by which the admin loses rows");
}

#[test]
fn one_whose_transaction_can_be_ended_from_within_fails() {
    let told = drill(&[("server.py", CAREFUL, CARELESS)]);
    came_to(&told, "fail");
    told.says("query.sql let `COMMIT; DELETE FROM letters` through");
    told.says("1 rows became 0");
}

#[test]
fn one_whose_role_cannot_write_keeps_its_promise_too() {
    let told = drill(&[
        ("server.py", CAREFUL, CARELESS),
        ("migrations/1_letters.up.sql", "GRANT SELECT, INSERT, DELETE", "GRANT SELECT"),
        ("sor-gate.toml", "worker = \"query_server\"", "worker = \"writer\""),
        ("sor-gate.toml", "read_only =", "role = \"query_server\"\nread_only ="),
        ("sor-gate.toml", "[\"SELECT\", \"INSERT\", \"DELETE\"]", "[\"SELECT\"]"),
        ("roles.sql", "CREATE ROLE", "CREATE ROLE writer LOGIN;\nCREATE ROLE"),
        ("migrations/1_letters.up.sql", "-- Within", "GRANT INSERT ON letters TO writer;\n-- Within"),
    ]);
    came_to(&told, "pass");
}

#[test]
fn an_answer_that_must_stay_the_same_is_asked_for() {
    let clock = "\"SELECT clock_timestamp() AS letters\"";
    let told = drill(&[("sor-gate.toml", "\"SELECT count(*) AS letters FROM letters\"", clock)]);
    came_to(&told, "fail");
    told.says("another answer to SELECT clock_timestamp()");
}

#[test]
fn without_a_row_to_lose_nothing_is_proven() {
    let told = drill(&[
        ("sor-gate.toml", "VALUES (${tenant}", "SELECT ${tenant}"),
        ("sor-gate.toml", "${n}::text)\"", "${n}::text WHERE false\""),
    ]);
    came_to(&told, "error");
    told.says("mcp.needs names no table with a row to lose");
}
