//! Honest mistakes.

use crate::{SMALL, complaints, with};

#[test]
fn a_small_file_is_enough() {
    assert_eq!(complaints(SMALL), [""; 0]);
}

#[test]
fn an_unknown_key_is_told_with_the_nearest_one() {
    assert_eq!(with("lease =", "leese ="), ["15:1 unknown key `leese` in [claims]; did you mean `lease`?"]);
    assert_eq!(with("[claims]", "[claim]"), ["9:2 unknown key `claim`; did you mean `claims`?"]);
}

#[test]
fn a_wrong_type_is_told_in_words() {
    assert_eq!(
        with("lease = \"30 s\"", "lease = 30"),
        ["15:9 `claims.lease` is a whole number, wanted is a text; put it in quotes"]
    );
    assert_eq!(
        with("worker = \"app\"", "worker = { name = \"app\" }"),
        ["7:10 `roles.worker` is a table, wanted is a text; write it as one text, in quotes"]
    );
}

#[test]
fn an_unknown_placeholder_is_found_before_any_run() {
    assert_eq!(
        with("VALUES (${id})", "VALUES (${idd}, '\\\\${kept}')"),
        ["11:8 unknown placeholder ${idd} in `claims.seed`; did you mean `id`?"]
    );
    let worker = format!(
        "{SMALL}[worker]\ncommand = [\"x\", \"--url\", \"${{database_ur}}\"]\nenv = {{ A = \"${{B:-c}}\" }}\n"
    );
    assert_eq!(
        complaints(&worker),
        [
            "17:26 unknown placeholder ${database_ur} in `worker.command[2]`; did you mean `database_url`?",
            "18:13 unknown placeholder ${B:-c} in `worker.env.A`; known here: `sor_gate`, `folder`, `database_url`, `run_id`, `tenant`, `worker`, `sink_url`, `sink_port`, `port`, `mcp_url`, `files`, `database_dsn`, …"
        ]
    );
}

#[test]
fn a_missing_file_is_told_where_it_is_named() {
    assert_eq!(
        with("migrations = \"migrations\"", "migrations = \"migrations\"\nseed = [\"rows.sql\"]"),
        ["5:9 `database.seed[0]`: there is no file HERE/rows.sql; paths start at the subject file's folder"]
    );
}

#[test]
fn a_name_that_is_none_is_told_with_its_spelling() {
    assert_eq!(
        with("\"public.jobs\"", "\"public.my jobs; DROP TABLE x\""),
        ["10:9 `claims.table` names no table: `public.my jobs; DROP TABLE x` is not an identifier; \
          in SQL it is spelled \"public\".\"my jobs; DROP TABLE x\""]
    );
    assert_eq!(with("\"public.jobs\"", "'\"Läufe\".\"my jobs; DROP TABLE x\"'"), [""; 0]);
}

#[test]
fn a_waiver_needs_all_it_is_asked_for() {
    let waiver = "[[policy.waivers]]\ncovers = \"forensics_drill\"\nreason = \"none yet\"\n";
    assert_eq!(
        complaints(&format!("{SMALL}{waiver}approver = \"the board\"\nexpires = 2027-01-31\n")),
        ["20:11 `policy.waivers[0].expires` is a date, wanted is a text; put it in quotes"]
    );
    assert_eq!(
        complaints(&format!("{SMALL}{waiver}approver = \"the board\"\nexpires = \"soon\"\n")),
        ["20:11 `soon` is no day; write it as \"2027-01-31\"; "]
    );
    let lacking = complaints(&format!("{SMALL}{waiver}expires = \"2027-01-31\"\n"));
    assert_eq!(
        lacking,
        ["16:1 [policy.waivers[0]] lacks the key `approver`; add `approver = …` to [policy.waivers[0]]"]
    );
}

#[test]
fn everything_is_told_at_once() {
    let text = SMALL.replace("name = \"small\"", "nam = 1").replace("${id}", "${x}");
    assert_eq!(complaints(&text).len(), 3, "{:?}", complaints(&text));
}

#[test]
fn a_misspelt_section_comes_before_what_the_file_lacks() {
    let told = with("[database]", "[dbase]");
    assert!(told[0].starts_with("3:2 unknown key `dbase`"), "{told:?}");
    assert_eq!(with("[database]", "[databse]"), ["3:2 unknown key `databse`; did you mean `database`?"]);
    let told = with("[database]\nmigrations = \"migrations\"", "[xyz]");
    assert_eq!(told[1], "the file lacks the key `database`; add `database`", "{told:?}");
}

#[test]
fn a_schema_must_come_from_somewhere() {
    let told = with("migrations = \"migrations\"", "");
    let fix = "add `migrations = …`, `dump = …` or `copy = …` to [database]";
    assert_eq!(told, [format!("3:1 [database] says of no schema; {fix}")]);
}

#[test]
fn a_pattern_that_is_none_is_told() {
    let told = complaints(&format!("{SMALL}[worker]\ncommand = [\"x\"]\nready = {{ line = \"up (\" }}\n"));
    assert!(told[0].starts_with("18:18 `worker.ready.line` is no regular expression: "), "{told:?}");
}

#[test]
fn how_long_a_key_holds_and_what_ends_it_are_said_together() {
    let said = |keys: &str| {
        let section = "[idempotency]\nwrite = [\"SELECT 1\"]\ntable = \"t\"\nkey_column = \"k\"\n";
        complaints(&format!("{SMALL}{section}{keys}"))
    };
    assert_eq!(
        said("holds = \"while_queued\"\nremove = \"SELECT 1\"\n"),
        ["20:9 `idempotency.holds` says nothing without `finish`; add `finish`"]
    );
    assert_eq!(
        said("remove = \"SELECT 1\"\n"),
        ["20:10 `idempotency.remove` says nothing without `holds`; add `holds`"]
    );
    assert_eq!(said("holds = \"forever\"\nfinish = \"SELECT 1\"\n"), [""; 0]);
    assert_eq!(
        said("holds = \"always\"\nremove = \"SELECT 1\"\n"),
        [
            "20:9 `idempotency.holds` knows no `always`; known here: `forever`, `while_row_exists`, `while_queued`"
        ]
    );
    let both = said("program = { command = [\"x\", \"${key}\", \"${amount}\"] }\n");
    assert_eq!(
        both,
        ["20:11 `idempotency.program` stands beside `write`; keep one of `program` and `write`"]
    );
    let neither = complaints(&format!("{SMALL}[idempotency]\ntable = \"t\"\nkey_column = \"k\"\n"));
    let told = "16:1 `idempotency` says of no write: it lacks `write` or `program`; add `write` or `program`";
    assert_eq!(neither, [told]);
}
