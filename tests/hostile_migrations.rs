//! Folders of migrations that nobody wrote in good faith: every reader, the reader of dumps and the reading of SQL end with an
//! answer or an error.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use proptest::prelude::*;
use sor_gate::migration::{Format, MigrationSet, Reading, Script};

const FORMATS: [Format; 11] = [
    Format::Paired,
    Format::Sqlx,
    Format::Diesel,
    Format::Goose,
    Format::Dbmate,
    Format::SqlMigrate,
    Format::Refinery,
    Format::Flyway,
    Format::Tern,
    Format::Sqitch,
    Format::Commands,
];

/// Names that one reader or another looks for.
const NAMES: [&str; 24] = [
    "1_a.up.sql",
    "1_a.down.sql",
    "2_b.up.sql",
    "99999999999999999999999999_c.up.sql",
    "ä.up.sql",
    "1_a.sql",
    "002_b.sql",
    "b.sql",
    "2024-01-01-000000_a/up.sql",
    "2024-01-01-000000_a/down.sql",
    "2024-01-01-000000_a/metadata.toml",
    "a/up.sql",
    "V1__a.sql",
    "V1.2__b.sql",
    "V1_2_99999999999999999999__c.sql",
    "U1__a.sql",
    "R__v.sql",
    "V1__a.sql.conf",
    "sqitch.plan",
    "sqitch.conf",
    "deploy/a.sql",
    "revert/a.sql",
    "verify/a.sql",
    "deploy/a@v1.sql",
];

const LINES: [&str; 28] = [
    "-- +goose Up",
    "-- +goose Down",
    "-- +goose StatementBegin",
    "-- +goose StatementEnd",
    "-- +goose NO TRANSACTION",
    "-- +migrate Up notransaction",
    "-- +migrate Down",
    "-- migrate:up transaction:false",
    "-- migrate:down",
    "---- create above / drop below ----",
    "---- tern: disable-tx ----",
    "-- no-transaction",
    "run_in_transaction = false",
    "executeInTransaction=false",
    "%project=x",
    "a 2024-01-01T00:00:00Z A <a@b> # n",
    "@v1 2024-01-01T00:00:00Z A <a@b>",
    "a [a@v1 !b] 2024-01-01T00:00:00Z A <a@b>",
    "SELECT 1;",
    "DO $$ BEGIN EXECUTE 'DROP TABLE t'; END",
    "CREATE TABLE t (a int",
    "COPY t FROM stdin;",
    "\\connect x",
    "BEGIN;",
    "COMMIT;",
    "$$ '' \" /* --",
    "-- sor-gate: allow drop table t",
    "CREATE INDEX CONCURRENTLY i ON t (a);",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        6 => prop::sample::select(&LINES[..]).prop_map(|line| line.as_bytes().to_vec()),
        2 => ".{0,30}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    let end = prop::sample::select(vec!["\n", "\r\n", ""]);
    prop::collection::vec((line, end), 0..8)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end.into()].concat()).collect())
}

/// What is asked of a script once it is read.
fn read_through(script: &Script) {
    let reading = Reading::of(script);
    let _ = (reading.does_something(), reading.unguarded().count(), reading.idle_overrides().count());
    let _ = Reading::running_of(script);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_folder_makes_a_reader_panic(
        files in prop::collection::vec((prop::sample::select(&NAMES[..]), text()), 0..6)
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let ways = FORMATS.iter().map(|format| Some(*format)).chain([None]);
        for set in ways.filter_map(|format| MigrationSet::read(folder.path(), format).ok()) {
            for step in &set.migrations {
                prop_assert!(!step.id().is_empty());
                read_through(&step.up);
                step.down.iter().for_each(read_through);
            }
            let _ = (set.digest(), set.proposal(None).is_ok());
        }
    }

    #[test]
    fn no_dump_makes_the_reader_panic(text in text()) {
        if let Ok(script) = Script::of_dump(Path::new("schema.sql"), &String::from_utf8_lossy(&text)) {
            read_through(&script);
        }
    }
}
