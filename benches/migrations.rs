//! A long history reviewed by `drill migration_review --all`, beside the same steps with `pg_dump --schema-only` before
//! and after each.
//!
//! `cargo bench --bench migrations` generates 300 migrations, reviews the first 75, 150 and all of them, and prints the
//! times, which must grow in step with the number, and the ratio to pg_dump. The steps by pg_dump are up, down and up
//! again; the dumps are taken at every tenth migration and counted ten times, unless `-- --whole` is said.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sor_gate::postgres::{Cluster, ClusterOptions, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};

const GATE: &str = env!("CARGO_BIN_EXE_sor-gate");
const MIGRATIONS: usize = 300;

fn main() {
    let whole = std::env::args().any(|word| word == "--whole");
    let mut times = Vec::new();
    for count in [MIGRATIONS / 4, MIGRATIONS / 2, MIGRATIONS] {
        let folder = history(count);
        let took = review(folder.path(), count);
        println!(
            "{count:>4} migrations reviewed in {:>7.2} s, {:>6.1} ms each",
            took.as_secs_f64(),
            each(took, count)
        );
        times.push(took);
    }
    let dumped = dumps(if whole { 1 } else { 10 });
    println!(
        "{MIGRATIONS:>4} migrations with pg_dump   {:>7.2} s, {:>6.1} ms each",
        dumped.as_secs_f64(),
        each(dumped, MIGRATIONS)
    );
    println!("pg_dump / sor-gate: {:.1}", dumped.as_secs_f64() / times[2].as_secs_f64());
    println!(
        "twice the migrations cost {:.2} times as much",
        times[2].as_secs_f64() / times[1].as_secs_f64()
    );
}

fn each(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e3 / count as f64
}

/// Both directions of a migration: now and then a table, else a change to one of the last few.
fn scripts(n: usize) -> (String, String) {
    let table = format!("t{}", n - n % 10);
    match n % 10 {
        0 => (
            format!("CREATE TABLE {table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);"),
            format!("DROP TABLE {table};"),
        ),
        1 | 4 | 7 => (
            format!("ALTER TABLE {table} ADD COLUMN c{n} integer;"),
            format!("ALTER TABLE {table} DROP COLUMN c{n};"),
        ),
        2 => (
            format!(
                "CREATE FUNCTION f{n}(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a + {n}';"
            ),
            format!("DROP FUNCTION f{n}(integer);"),
        ),
        5 => (format!("CREATE VIEW v{n} AS SELECT id FROM {table};"), format!("DROP VIEW v{n};")),
        8 => (format!("COMMENT ON TABLE {table} IS 'of {n}';"), format!("COMMENT ON TABLE {table} IS NULL;")),
        _ => (
            format!("ALTER TABLE {table} ALTER COLUMN body SET DEFAULT 'd{n}';"),
            if n % 10 == 3 {
                format!("ALTER TABLE {table} ALTER COLUMN body DROP DEFAULT;")
            } else {
                format!("ALTER TABLE {table} ALTER COLUMN body SET DEFAULT 'd{}';", n - 3)
            },
        ),
    }
}

/// A subject of nothing but so many migrations.
fn history(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations).unwrap();
    for n in 0..count {
        let (up, down) = scripts(n);
        std::fs::write(migrations.join(format!("{n:04}_n.up.sql")), up).unwrap();
        std::fs::write(migrations.join(format!("{n:04}_n.down.sql")), down).unwrap();
    }
    let file = "name = \"long\"\n[database]\nmigrations = \"migrations\"\n[roles]\nworker = \"postgres\"\n";
    std::fs::write(folder.path().join("sor-gate.toml"), file).unwrap();
    folder
}

fn review(folder: &Path, count: usize) -> Duration {
    let started = Instant::now();
    let output = Command::new(GATE)
        .current_dir(folder)
        .args(["drill", "migration_review", "--all", "--no-progress"])
        .output()
        .unwrap();
    let took = started.elapsed();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains(&format!("{count} pass")), "{told}");
    took
}

/// The same steps, each between two dumps; `every` so many migrations, counted as often.
fn dumps(every: usize) -> Duration {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let scope =
            Scope::open("bench-dumps", ScopeOptions { scratch: None, exe: Some(GATE.into()) }).unwrap();
        let provisioner = Provisioner::new(ProvisionOptions::new(scope));
        let template = provisioner.bare().await.unwrap();
        let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
        let admin = cluster.admin().await.unwrap();
        let mut took = Duration::ZERO;
        for n in 0..MIGRATIONS {
            let (up, down) = scripts(n);
            if n % every != 0 {
                admin.batch_execute(&up).await.unwrap();
                continue;
            }
            let started = Instant::now();
            let mut text = String::new();
            for step in [&up, &down, &up] {
                write!(text, "{}", dump(&cluster).len()).unwrap();
                admin.batch_execute(step).await.unwrap();
                write!(text, "{}", dump(&cluster).len()).unwrap();
            }
            took += started.elapsed() * u32::try_from(every).unwrap();
        }
        drop(admin);
        cluster.stop().await.unwrap();
        took
    })
}

fn dump(cluster: &Cluster) -> Vec<u8> {
    let binary = ["pg_dump", "/usr/lib/postgresql/15/bin/pg_dump", "/usr/lib/postgresql/17/bin/pg_dump"];
    let url = cluster.superuser().url();
    for pg_dump in binary {
        let mut command = Command::new(pg_dump);
        command.args(["--schema-only", "--dbname", &url]).stderr(Stdio::inherit());
        if let Ok(output) = command.output() {
            assert!(output.status.success() && !output.stdout.is_empty());
            return output.stdout;
        }
    }
    panic!("pg_dump is not there");
}
