//! The readers of all formats: their rules one by one, and arbitrary text.

use proptest::prelude::*;

use super::sections::{Sections, Wrong};
use super::{Format, dbmate, detect, goose, read, sqitch, sql_migrate, tern, versioned};
use crate::migration::{MigrationSet, Sending};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn ids(files: &[(&str, &str)]) -> (Format, Vec<String>) {
    let folder = folder(files);
    let set = MigrationSet::read(folder.path(), None).unwrap();
    (set.format, set.migrations.iter().map(crate::migration::Migration::id).collect())
}

const GOOSE: &str = "-- +goose Up\nCREATE TABLE t (a int);\n-- +goose Down\nDROP TABLE t;\n";
const DBMATE: &str = "-- migrate:up\nCREATE TABLE t (a int);\n-- migrate:down\nDROP TABLE t;\n";
const SQL_MIGRATE: &str = "-- +migrate Up\nCREATE TABLE t (a int);\n-- +migrate Down\nDROP TABLE t;\n";
const TERN: &str = "CREATE TABLE t (a int);\n---- create above / drop below ----\nDROP TABLE t;\n";

/// Files with their content, the format, the versions in order.
type Case<'a> = (&'a [(&'a str, &'a str)], Format, &'a [&'a str]);

#[test]
fn each_format_is_told_from_its_folder_and_ordered_by_its_own_rule() {
    let sql = "SELECT 1";
    let cases: &[Case] = &[
        (
            &[("10_b.up.sql", sql), ("9_a.up.sql", sql), ("9_a.down.sql", sql)],
            Format::Paired,
            &["9_a", "10_b"],
        ),
        (&[("1_a.up.sql", "-- no-transaction\nSELECT 1")], Format::Sqlx, &["1_a"]),
        (
            &[("2024-01-02-000000_b/up.sql", sql), ("00000000000000_a/up.sql", sql), ("README.md", "")],
            Format::Diesel,
            &["00000000000000_a", "2024-01-02-000000_b"],
        ),
        (&[("00010_b.sql", GOOSE), ("9_a.sql", GOOSE)], Format::Goose, &["9_a", "00010_b"]),
        // dbmate goes by name, not by number.
        (&[("10_b.sql", DBMATE), ("9_a.sql", DBMATE)], Format::Dbmate, &["10_b", "9_a"]),
        (
            &[("10-b.sql", SQL_MIGRATE), ("9.sql", SQL_MIGRATE), ("z.sql", SQL_MIGRATE)],
            Format::SqlMigrate,
            &["9", "10_b", "z"],
        ),
        (&[("002_b.sql", sql), ("001_a.sql", TERN)], Format::Tern, &["001_a", "002_b"]),
        (
            &[
                ("V1.10__c.sql", sql),
                ("V1_9__b.sql", sql),
                ("sub/V1__a.sql", sql),
                ("U1.9__b.sql", sql),
                ("R__z.sql", sql),
                ("R__v.sql", sql),
            ],
            Format::Flyway,
            &["1_a", "1_9_b", "1.10_c", "R_v", "R_z"],
        ),
        (&[("V2__b.sql", sql), ("U1__a.sql", sql)], Format::Refinery, &["1_a", "2_b"]),
        (
            &[
                (
                    "sqitch.plan",
                    "%project=x\n\na 2024-01-01T00:00:00Z A <a@b> # n\n@v1 2024-01-01T00:00:00Z A <a@b>\nb [a] x\na [a@v1] x\n",
                ),
                ("deploy/a.sql", sql),
                ("deploy/a@v1.sql", sql),
                ("deploy/b.sql", sql),
                ("revert/b.sql", sql),
            ],
            Format::Sqitch,
            &["a@v1", "b", "a"],
        ),
    ];
    for (files, format, wanted) in cases {
        assert_eq!(ids(files), (*format, wanted.iter().map(|&id| id.to_owned()).collect()), "{format:?}");
    }
}

#[test]
fn a_folder_that_may_be_read_in_two_ways_is_an_error_until_told() {
    let folder = folder(&[("1_a.up.sql", "SELECT 1"), ("2_b.sql", GOOSE)]);
    let error = detect(folder.path()).unwrap_err().to_string();
    assert!(error.contains("paired (1_a.up.sql)") && error.contains("goose (2_b.sql)"), "{error}");
    assert_eq!(MigrationSet::read(folder.path(), Some(Format::Paired)).unwrap().migrations.len(), 1);
    let nothing = tempfile::tempdir().unwrap();
    assert!(detect(nothing.path()).unwrap_err().to_string().contains("no known format"));
}

#[test]
fn each_format_says_how_it_is_sent() {
    let sent = |parse: fn(&str) -> Result<Sections, Wrong>, text: &str| {
        let sections = parse(text).unwrap();
        (sections.up.sending, sections.down.map(|down| down.sending))
    };
    let none = |text: &str| text.replacen("Up\n", "Up notransaction\n", 1);
    assert_eq!(sent(goose::parse, GOOSE), (Sending::Transaction, Some(Sending::Transaction)));
    let singly = format!("-- +goose NO TRANSACTION\n{GOOSE}");
    assert_eq!(sent(goose::parse, &singly), (Sending::Singly, Some(Sending::Singly)));
    assert_eq!(sent(sql_migrate::parse, &none(SQL_MIGRATE)), (Sending::Singly, Some(Sending::Transaction)));
    let whole = DBMATE.replacen("up", "up transaction:false", 1);
    assert_eq!(sent(dbmate::parse, &whole), (Sending::Whole, Some(Sending::Transaction)));
    assert_eq!(sent(tern::parse, &format!("---- tern: disable-tx ----\n{TERN}")).0, Sending::Singly);

    let folder = folder(&[
        ("V1__a.sql", "CREATE INDEX CONCURRENTLY i ON t (a)"),
        ("V2__b.sql", "CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1"),
        ("V3__c.sql", "SELECT 1"),
        ("V3__c.sql.conf", "executeInTransaction=false"),
    ]);
    let sent: Vec<_> =
        read(folder.path(), Format::Flyway).unwrap().into_iter().map(|step| step.up.sending).collect();
    assert_eq!(sent, [Sending::Singly, Sending::Transaction, Sending::Singly]);
}

#[test]
fn what_the_tool_would_refuse_is_refused_with_its_line() {
    let line = |parse: fn(&str) -> Result<Sections, Wrong>, text: &str| parse(text).unwrap_err().line;
    assert_eq!(line(goose::parse, "SELECT 1;\n-- +goose Up\n"), 1);
    assert_eq!(line(goose::parse, "-- +goose Up\nSELECT 1\n"), 2);
    assert_eq!(line(goose::parse, "-- +goose Up\nDO $$ BEGIN\nNULL;\nEND $$;\n"), 3);
    let wrapped =
        "-- +goose Up\n-- +goose StatementBegin\nDO $$ BEGIN\nNULL;\nEND $$;\n-- +goose StatementEnd\n";
    assert!(goose::parse(wrapped).is_ok());
    assert_eq!(line(goose::parse, "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n"), 2);
    assert_eq!(line(sql_migrate::parse, "-- +migrate Up\nSELECT 1;\n-- +migrate Down\nSELECT\n"), 4);
    assert_eq!(line(dbmate::parse, "SELECT 1;\n-- migrate:up\n"), 1);
    assert_eq!(line(dbmate::parse, "-- migrate:down\n-- migrate:up\n"), 1);
    assert_eq!(line(tern::parse, "SELECT {{ .x }}"), 1);
    let gap = folder(&[("001_a.sql", TERN), ("003_c.sql", TERN)]);
    assert!(read(gap.path(), Format::Tern).unwrap_err().to_string().contains("without a gap"));
    let psql = folder(&[("sqitch.plan", "a x\n"), ("deploy/a.sql", "SELECT 1;\n\\i other.sql\n")]);
    assert!(read(psql.path(), Format::Sqitch).unwrap_err().to_string().contains("a.sql:2"));
}

#[test]
fn sqitch_scripts_lose_the_transaction_that_frames_them() {
    let folder = folder(&[
        ("sqitch.plan", "a x\n"),
        ("deploy/a.sql", "-- Deploy a\n\nBEGIN;\n\nCREATE TABLE t (a int);\n\nCOMMIT;\n"),
        ("revert/a.sql", "\\set ON_ERROR_STOP on\nDROP TABLE t;\n"),
        ("verify/a.sql", "BEGIN;\nSELECT a FROM t;\nROLLBACK;\n"),
    ]);
    let step = read(folder.path(), Format::Sqitch).unwrap().remove(0);
    assert_eq!(
        (step.up.sending, step.up.text.trim()),
        (Sending::Transaction, "-- Deploy a\n\n\n\nCREATE TABLE t (a int);")
    );
    let down = step.down.unwrap();
    assert_eq!((down.sending, down.text.trim()), (Sending::Singly, "DROP TABLE t;"));
    assert_eq!(step.verify.unwrap().text.trim(), "SELECT a FROM t;");
}

/// Text in which the marks of the formats are likely.
fn marked() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("-- +goose Up".to_owned()),
        Just("-- +goose Down".to_owned()),
        Just("-- +goose StatementBegin".to_owned()),
        Just("-- +goose StatementEnd".to_owned()),
        Just("-- +goose NO TRANSACTION".to_owned()),
        Just("-- +migrate Up notransaction".to_owned()),
        Just("-- +migrate Up".to_owned()),
        Just("-- +migrate Down".to_owned()),
        Just("-- migrate:up transaction:false".to_owned()),
        Just("-- migrate:up".to_owned()),
        Just("-- migrate:down".to_owned()),
        Just(tern::SEPARATOR.to_owned()),
        Just("SELECT 1;".to_owned()),
        Just("DO $$ BEGIN".to_owned()),
        Just("BEGIN;".to_owned()),
        Just("COMMIT;".to_owned()),
        ".{0,20}",
    ];
    let end = prop_oneof![Just("\n"), Just("\r\n")];
    proptest::collection::vec((line, end), 0..12)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

/// Laid over each other, the two directions and the marks are the file again, byte for byte.
fn covers(text: &str, sections: &Sections) -> bool {
    let down = sections.down.as_ref().map(|down| down.text.as_str());
    let mut up = sections.up.text.split_inclusive('\n');
    let mut down = down.map(|down| down.split_inclusive('\n'));
    text.split_inclusive('\n').all(|line| {
        let body = line.trim_end_matches(['\r', '\n']);
        let end = &line[body.len()..];
        let pair = [up.next().unwrap_or(""), down.as_mut().and_then(Iterator::next).unwrap_or(end)];
        let whole = pair.iter().filter(|part| **part == line && !body.is_empty()).count();
        pair.iter().all(|part| *part == line || *part == end) && whole <= 1
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_reader_panic_and_none_is_lost_or_moved(text in prop_oneof![marked(), any::<String>()]) {
        for parse in [goose::parse, sql_migrate::parse, dbmate::parse, tern::parse] {
            if let Ok(sections) = parse(&text) {
                prop_assert!(covers(&text, &sections), "{:?} of {:?}", sections, text);
            }
        }
        let _ = sqitch::changes(&text);
        let _ = sqitch::plain(&text);
    }

    #[test]
    fn any_file_name_is_read_or_passed_over(name in "[VUR0-9._a-z-]{0,12}(__)?[a-z]{0,4}(\\.up|\\.down)?\\.sql", text in marked()) {
        let _ = versioned::parse(&name);
        if !name.starts_with('.') {
            let folder = folder(&[(&name, &text)]);
            if let Ok(format) = detect(folder.path()) {
                let _ = MigrationSet::read(folder.path(), Some(format));
            }
        }
    }

    #[test]
    fn any_sqitch_script_is_read_or_refused(text in marked()) {
        let folder = folder(&[("sqitch.plan", "a x\n"), ("deploy/a.sql", &text)]);
        let _ = read(folder.path(), Format::Sqitch);
    }
}
