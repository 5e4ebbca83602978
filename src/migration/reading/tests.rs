//! What the reader must see, and what it must not raise an alarm about.

use super::*;

fn read(sql: &str) -> Reading {
    Reading::of(&Script::new("0001_x.up.sql", sql))
}

fn dangers(sql: &str) -> Vec<String> {
    read(sql)
        .dangers
        .iter()
        .map(|danger| format!("{} {} {}", danger.line, danger.action.id(), danger.object))
        .collect()
}

#[test]
fn destruction_in_the_open() {
    assert_eq!(
        dangers("CREATE TABLE t (a int);\nDROP TABLE IF EXISTS a, s.\"B\" CASCADE;"),
        ["2 drop_table a", "2 drop_table s.B"]
    );
    assert_eq!(
        dangers("ALTER TABLE public.e ADD b int, DROP COLUMN IF EXISTS c;"),
        ["1 drop_column public.e.c"]
    );
    assert_eq!(dangers("ALTER TYPE addr DROP ATTRIBUTE zip"), ["1 drop_column addr.zip"]);
    assert_eq!(dangers("TRUNCATE ONLY a, b *"), ["1 truncate a", "1 truncate b"]);
    assert_eq!(
        dangers("DROP SCHEMA s; DROP TYPE t; DROP DOMAIN d; DROP DATABASE x"),
        ["1 drop_schema s", "1 drop_type t", "1 drop_type d", "1 drop_database x"]
    );
    assert_eq!(dangers("DROP OWNED BY bob"), ["1 drop_owned bob"]);
    assert_eq!(dangers("DROP EXTENSION hstore CASCADE; DROP EXTENSION citext"), ["1 drop_extension hstore"]);
}

#[test]
fn deletes_without_a_real_condition() {
    assert_eq!(dangers("DELETE FROM a.b"), ["1 delete_all a.b"]);
    assert_eq!(dangers("DELETE FROM b WHERE true"), ["1 delete_all b"]);
    assert_eq!(dangers("DELETE FROM b WHERE (1 = 1)"), ["1 delete_all b"]);
    assert_eq!(dangers("WITH d AS (DELETE FROM u RETURNING *) SELECT * FROM d"), ["1 delete_all u"]);
    let none: [&str; 0] = [];
    assert_eq!(dangers("DELETE FROM b WHERE id = 3; DELETE FROM b WHERE CURRENT OF c"), none);
    assert_eq!(dangers("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE"), ["1 delete_all t"]);
    assert_eq!(dangers("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE"), none);
}

#[test]
fn destruction_in_hiding() {
    let hidden = "DO $$\nDECLARE r record;\nBEGIN\n  IF true THEN\n    DROP TABLE a;\n  END IF;\n  EXECUTE 'DROP ' || 'TABLE b';\n  \
        FOR r IN SELECT 1 LOOP EXECUTE format('TRUNCATE %I', r.name); END LOOP;\nEND $$;";
    assert_eq!(dangers(hidden), ["5 drop_table a", "7 drop_table b", "8 truncate <computed>"]);
    assert_eq!(read(hidden).dangers[1].within.as_deref(), Some("EXECUTE in a DO block"));
    let function = "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql AS $f$\nBEGIN\n  DELETE FROM t;\nEND $f$;\nSELECT purge();";
    assert_eq!(dangers(function), ["3 delete_all t"]);
    assert_eq!(read(function).calls, [["purge"]]);
    assert_eq!(dangers("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'TRUNCATE x'"), ["1 truncate x"]);
    assert_eq!(
        dangers("CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM v; END"),
        ["1 delete_all v"]
    );
    assert_eq!(
        dangers("DO $o$ BEGIN EXECUTE 'DO $i$ BEGIN DROP TABLE deep; END $i$'; END $o$"),
        ["1 drop_table deep"]
    );
    assert_eq!(
        dangers("DO $o$ BEGIN\n DO $i$ BEGIN\n DROP TABLE deep; END $i$; END $o$"),
        ["3 drop_table deep"]
    );
}

#[test]
fn what_cannot_be_read_counts() {
    assert_eq!(dangers("DO $$ BEGIN EXECUTE current_setting('a.b'); END $$"), ["1 unreadable execute"]);
    assert_eq!(
        dangers("DO $$ DECLARE q text; BEGIN EXECUTE format('ALTER TABLE t %s', q); END $$"),
        ["1 unreadable execute"]
    );
    assert_eq!(dangers("DO LANGUAGE plpython3u $$ x $$"), ["1 unreadable do"]);
    assert_eq!(
        dangers("CREATE FUNCTION g() RETURNS void LANGUAGE plpython3u AS $$ x $$"),
        ["1 unreadable g"]
    );
    assert_eq!(dangers("SELEC 1"), ["1 unreadable syntax"]);
    assert!(!dangers("DO $$ BEGIN IF x THEN; END $$").is_empty());
}

#[test]
fn a_harmless_migration_raises_no_alarm() {
    let sql = "BEGIN;\nALTER TABLE expenses ADD COLUMN notes text;\nCOMMENT ON COLUMN expenses.notes IS 'DROP TABLE x';\n\
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$;\n\
        CREATE TRIGGER touch BEFORE UPDATE ON expenses FOR EACH ROW EXECUTE FUNCTION touch();\n\
        DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'w') THEN CREATE ROLE w; END IF;\n\
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO w', current_database()); END $$;\nCOMMIT;";
    let reading = read(sql);
    assert!(reading.dangers.is_empty(), "{:?}", reading.dangers);
    assert!(reading.does_something());
}

#[test]
fn an_override_allows_only_what_it_names() {
    let reading =
        read("-- sor-gate: allow drop_table old because archived\nDROP TABLE public.old; DROP TABLE other;");
    assert_eq!(reading.unguarded().map(|danger| danger.object.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(reading.dangers[0].allowed.as_ref().unwrap().reason, "archived");
    let idle = read("-- sor-gate: allow drop_table misspelt because archived\nDROP TABLE old;");
    assert_eq!((idle.unguarded().count(), idle.idle_overrides().count()), (1, 1));
}

#[test]
fn doing_nothing_in_many_words() {
    for nothing in [
        "",
        ";",
        "-- nothing to do",
        "/* drop table x */",
        "SELECT 1;",
        "BEGIN; COMMIT;",
        "SET lock_timeout = '1s'; SELECT now();",
        "DO $$ BEGIN NULL; END $$;",
        "DO $$ BEGIN RAISE NOTICE 'irreversible'; END $$;",
    ] {
        assert!(!read(nothing).does_something(), "{nothing}: {:?}", read(nothing).deeds);
    }
    for something in [
        "ALTER TABLE t DROP COLUMN a",
        "SELECT purge()",
        "CALL purge()",
        "DO $$ BEGIN DROP TABLE x; END $$",
        "DO $$ BEGIN PERFORM purge(); END $$",
        "DO $$ DECLARE x int := purge(); BEGIN END $$",
        "DO $$ BEGIN EXECUTE q(); END $$",
        "UPDATE t SET a = 1",
    ] {
        assert!(read(something).does_something(), "{something}");
    }
}

#[test]
fn names_what_it_touches() {
    let touched = |sql: &str| {
        let found: Vec<_> = read(sql).touched.into_iter().flat_map(|touched| touched.objects).collect();
        found.iter().map(|parts| parts.join(".")).collect::<Vec<_>>()
    };
    assert_eq!(
        touched(
            "ALTER TABLE public.e ADD COLUMN notes text, ALTER a SET NOT NULL, ENABLE ROW LEVEL SECURITY"
        ),
        ["public.e.notes", "public.e.a", "public.e"]
    );
    assert_eq!(touched("CREATE UNIQUE INDEX CONCURRENTLY i ON s.e (lower(a))"), ["s.e.i"]);
    assert_eq!(touched("ALTER TABLE e ADD CONSTRAINT c CHECK (a > 0), DROP CONSTRAINT d"), ["e.c", "e.d"]);
    assert_eq!(touched("UPDATE s.e SET a = 1, b = 2 WHERE c"), ["s.e.a", "s.e.b"]);
    assert_eq!(touched("DROP INDEX s.i"), ["s.i"]);
    assert_eq!(touched("CREATE TABLE s.n (a int REFERENCES other)"), ["s.n"]);
    assert_eq!(touched("CREATE TRIGGER t AFTER INSERT ON e EXECUTE FUNCTION f()"), ["e.t"]);
    assert_eq!(touched("CREATE POLICY p ON e USING (true)"), ["e.p"]);
    assert_eq!(touched("DROP POLICY p ON e"), ["e.p"]);
    assert_eq!(touched("GRANT SELECT ON e, f TO bob"), ["e", "f"]);
    assert_eq!(touched("GRANT UPDATE (a) ON e TO bob"), ["e.a"]);
    assert_eq!(touched("GRANT EXECUTE ON FUNCTION s.f(int) TO bob"), ["s.f"]);
    assert_eq!(touched("GRANT ALL ON SCHEMA s TO bob"), ["s"]);
    assert_eq!(touched("GRANT r TO bob"), ["r", "bob"]);
    assert_eq!(touched("COMMENT ON COLUMN e.a IS 'x'"), ["e.a"]);
    assert_eq!(touched("COMMENT ON TRIGGER t ON e IS 'x'"), ["e.t"]);
    assert_eq!(touched("CREATE OR REPLACE FUNCTION s.f(a int) RETURNS int LANGUAGE sql RETURN 1"), ["s.f"]);
    assert_eq!(touched("DROP FUNCTION s.f(int)"), ["s.f"]);
    assert_eq!(touched("CREATE ROLE r; DROP ROLE q"), ["r", "q"]);
    assert_eq!(touched("ALTER ROLE r BYPASSRLS"), ["r"]);
    assert_eq!(touched("CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood ADD VALUE 'b'"), ["mood", "mood"]);
    assert_eq!(touched("CREATE VIEW s.v AS SELECT * FROM e"), ["s.v"]);
    assert_eq!(
        touched("INSERT INTO s.e SELECT * FROM x; UPDATE e SET a = 1; TRUNCATE a, b"),
        ["s.e", "e.a", "a", "b"]
    );
    assert_eq!(touched("DO $$ BEGIN CREATE INDEX i ON e (a); END $$"), ["e.i"]);
    assert_eq!(touched("CREATE EXTENSION pg_trgm"), ["pg_trgm"]);
    assert_eq!(touched("CREATE SCHEMA s"), ["s"]);
    assert_eq!(touched("CREATE SEQUENCE s.q; ALTER SEQUENCE s.q RESTART"), ["s.q", "s.q"]);
}
