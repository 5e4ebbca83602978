//! `sor-gate forensics` on somebody's live database: what it tells, what it refuses, what it leaves alone.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use assert_cmd::Command;
use insta::assert_snapshot;
use serde_json::Value;
use sor_gate::postgres::{Cluster, ClusterOptions, ProvisionOptions, Provisioner, Source};
use sor_gate::process::{Scope, ScopeOptions};

const SECRET: &str = "night-s3cret-ff66";

/// A server with the reference's schema, a run that failed in its second turn, and one that is healthy.
struct Night {
    _scope: Arc<Scope>,
    cluster: Cluster,
}

impl Night {
    async fn fall() -> Self {
        let options =
            ScopeOptions { exe: Some(env!("CARGO_BIN_EXE_sor-gate").into()), ..ScopeOptions::default() };
        let scope = Scope::open(&format!("Test-{}", uuid::Uuid::new_v4().simple()), options).unwrap();
        let provisioner = Provisioner::new(ProvisionOptions {
            source: Source::Local,
            ..ProvisionOptions::new(scope.clone())
        });
        let bare = provisioner.bare().await.unwrap();
        let options = ClusterOptions { tcp: true, ..ClusterOptions::default() };
        let night = Self { _scope: scope, cluster: provisioner.cluster(&bare, &options).await.unwrap() };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = vec![root.join("fixtures/reconciler/roles.sql")];
        let migrations = std::fs::read_dir(root.join("migrations/reconciler")).unwrap();
        let up = |path: &PathBuf| path.to_string_lossy().ends_with(".up.sql");
        files.extend(migrations.map(|entry| entry.unwrap().path()).filter(up));
        files[1..].sort();
        files.push(root.join("fixtures/reconciler/seed.sql"));
        for file in files {
            night.run(&std::fs::read_to_string(file).unwrap()).await;
        }
        night.run(RUNS).await;
        night.run("CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA public TO reader").await;
        night.cluster.admit("postgres").await.unwrap();
        night.cluster.admit("reader").await.unwrap();
        night
    }

    async fn run(&self, sql: &str) {
        self.cluster.admin().await.unwrap().batch_execute(sql).await.expect(sql);
    }

    fn url(&self, role: &str) -> String {
        self.cluster.tcp_info(role, &self.cluster.database()).unwrap().url()
    }

    /// What a refused question says, with this server's address left out.
    fn refused(&self, url: &str, more: &[&str], code: i32) -> String {
        let output = forensics(url, more);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert_eq!(output.stdout, b"", "{told}");
        let port = self.cluster.tcp_info("postgres", "x").unwrap().port.to_string();
        told.replace(&port, "PORT").trim_end().to_owned()
    }
}

const RUNS: &str = "
    INSERT INTO runs (id, tenant_id, worker, claimed_by, status, started_at, finished_at, error) VALUES
        ('R-1', 'alice', 'w', 'w', 'failed', '2026-11-21 02:00Z', '2026-11-21 02:01Z', 'refused'),
        ('R-2', 'alice', 'w', 'w', 'complete', '2026-11-21 02:00Z', '2026-11-21 02:01Z', NULL);
    INSERT INTO turns (tenant_id, run_id, ordinal, tool, status, finished_at, result) VALUES
        ('alice', 'R-1', 1, 'read_ledger', 'done', now(), '{}'), ('alice', 'R-1', 2, 'write_expense', 'failed', now(), NULL);
    INSERT INTO tool_calls (tenant_id, run_id, turn_id, tool, arguments, result, sqlstate, error)
    SELECT 'alice', 'R-1', id, tool, '{}', CASE ordinal WHEN 1 THEN '{}'::jsonb END, CASE ordinal WHEN 2 THEN '23505' END,
           CASE ordinal WHEN 2 THEN 'duplicate key, at postgres://bob:night-s3cret-ff66@db/x' END
    FROM turns WHERE run_id = 'R-1' ORDER BY ordinal;
    INSERT INTO outbox (tenant_id, run_id, dedup_key, topic, payload)
    VALUES ('alice', 'R-1', 'R-1:1', 'expense.booked', '{}');
    INSERT INTO agent_events (tenant_id, run_id, turn, kind, payload, created_at) VALUES
        ('alice', 'R-1', 1, 'turn_finished', '{}', '2026-11-21 02:00Z'),
        ('alice', 'R-1', 2, 'turn_failed', '{}', '2026-11-21 02:01Z');";

fn forensics(url: &str, more: &[&str]) -> Output {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    let ours = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    for name in ours.filter(|name| name.starts_with("SOR_GATE_") || name.starts_with("PG")) {
        command.env_remove(name);
    }
    let subject = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reconciler/sor-gate.toml");
    command.arg("forensics").args(["--database-url", url]).args(more).env("NO_COLOR", "1");
    if !more.contains(&"--subject") {
        command.arg("--subject").arg(subject);
    }
    command.output().unwrap()
}

#[tokio::test]
async fn six_lines_on_a_run() {
    let night = Night::fall().await;
    let output = forensics(&night.url("postgres"), &["--run-id", "R-1"]);
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r#"
    Run: R-1 of w, started at 2026-11-21T02:00:00Z, failed at 2026-11-21T02:01:00Z
    Timeline: 2026-11-21T02:00:00Z turn_finished … 2026-11-21T02:01:00Z turn_failed (2 events)
    Last good step: turn 1, read_ledger
    Side effects outstanding: 1 pending (expense.booked R-1:1)
    Root cause: Turn 2 called write_expense, and the database refused it: duplicate key, at postgres://bob:***@db/x.
    Recommended next action: Correct the rows that the database would not take beside, and start a new run; nothing of the failed turn was written.
    "#);
    let output = forensics(&night.url("postgres"), &["--run-id", "R-1", "--format", "json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told["report"]["cause"], &told["missing"]),
        (&"refused_write".into(), &serde_json::json!([]))
    );
    assert_eq!(told["tool_calls"].as_array().unwrap().len(), 2);
    assert_fits_its_schema(&told);
    assert_eq!(told["events"][1]["kind"], "turn_failed");
    for output in [output.stdout, output.stderr] {
        assert!(!String::from_utf8(output).unwrap().contains(SECRET));
    }
    let healthy = forensics(&night.url("postgres"), &["--run-id", "R-2"]);
    let healthy = String::from_utf8(healthy.stdout).unwrap();
    assert!(
        healthy.contains("Root cause: None") && healthy.contains("Timeline: (cannot be told)"),
        "{healthy}"
    );
    let healthy = forensics(&night.url("postgres"), &["--run-id", "R-2", "--format", "json"]);
    let told: Value = serde_json::from_slice(&healthy.stdout).unwrap();
    assert_eq!((&told["report"]["cause"], &told["report"]["timeline"]), (&"nothing".into(), &Value::Null));
    assert_fits_its_schema(&told);
}

/// As the schema for readers says it; which the schema of nothing would say too.
fn assert_fits_its_schema(told: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/schema/forensics.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(told).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for (place, wrong) in [("/report/cause", "gone wrong"), ("/tool_calls", "none"), ("/run/abandoned", "no")]
    {
        let mut other = told.clone();
        *other.pointer_mut(place).unwrap() = wrong.into();
        assert!(!validator.is_valid(&other), "{place}: the schema can say no");
    }
}

#[tokio::test]
async fn a_bad_question_is_answered_by_what_is_wrong() {
    let night = Night::fall().await;
    let url = night.url("postgres");
    assert_snapshot!(night.refused(&url, &["--run-id", "R-9"], 2), @r#"
    error: there is no run `R-9` (postgresql://postgres:***@127.0.0.1:PORT/postgres)
      try: correct the id or the database; if the run is there, row-level security may hide it from `postgres`
    "#);
    let wrong = url.replacen(&password(&url), SECRET, 1);
    assert_snapshot!(night.refused(&wrong, &["--run-id", "R-1"], 3), @r#"
    error: Postgres answered 28P01: password authentication failed for user "postgres" (postgresql://postgres:***@127.0.0.1:PORT/postgres)
      try: correct the role or its password in the URL, or give the password in PGPASSWORD
    "#);
    assert_snapshot!(night.refused(&night.url("reader"), &["--run-id", "R-1"], 3), @r#"
    error: `forensics.run` was refused: 42501 (permission denied for table runs) (postgresql://reader:***@127.0.0.1:PORT/postgres)
      try: let `reader` read it, or connect as another role
    "#);
    let elsewhere = format!("{}nowhere", url.strip_suffix("postgres").unwrap());
    assert_snapshot!(night.refused(&elsewhere, &["--run-id", "R-1"], 3), @r#"
    error: Postgres answered 3D000: database "nowhere" does not exist (postgresql://postgres:***@127.0.0.1:PORT/nowhere)
      try: correct the database in the URL
    "#);
    night.run("ALTER TABLE outbox RENAME TO letters").await;
    assert_snapshot!(night.refused(&url, &["--run-id", "R-1"], 2), @r#"
    error: `forensics.outbox` was refused: 42P01 (relation "public.outbox" does not exist) (postgresql://postgres:***@127.0.0.1:PORT/postgres)
      try: name the subject file of this database with --subject, or correct the query
    "#);
    assert_snapshot!(night.refused("postgres://me:night-s3cret-ff66@h:port/d", &["--run-id", "R-1"], 2), @r#"
    error: the database's URL cannot be read: invalid connection string: invalid value for option `port`
      try: write postgresql://ROLE@HOST:PORT/DATABASE, with the password after the role and a colon
    "#);
    let bare = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/sql_only/sor-gate.toml");
    let told = night.refused(&url, &["--run-id", "R-1", "--subject", bare.to_str().unwrap()], 2);
    assert!(told.contains("no section [forensics]") && told.contains("try: describe"), "{told}");
}

/// The password that a URL holds.
fn password(url: &str) -> String {
    url.split_once("://").unwrap().1.split_once('@').unwrap().0.split_once(':').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_query_that_would_write_or_end_the_transaction_is_stopped() {
    let night = Night::fall().await;
    let home = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("fixtures/reconciler/sor-gate.toml")).unwrap();
    let text = text.replace("../../", &format!("{}/", root.display()));
    for file in ["roles.sql", "seed.sql"] {
        std::fs::copy(root.join("fixtures/reconciler").join(file), home.path().join(file)).unwrap();
    }
    let file = home.path().join("sor-gate.toml");
    let query = "SELECT id, claimed_by AS worker,";
    assert!(text.contains(query));
    for (instead, why) in [
        ("DELETE FROM runs RETURNING id, claimed_by AS worker,", "not one SELECT"),
        ("WITH gone AS (DELETE FROM outbox RETURNING 1) SELECT id, claimed_by AS worker,", "25006"),
        ("COMMIT; SELECT id, claimed_by AS worker,", "not one SELECT"),
    ] {
        std::fs::write(&file, text.replacen(query, instead, 1)).unwrap();
        let told = night.refused(
            &night.url("postgres"),
            &["--run-id", "R-1", "--subject", file.to_str().unwrap()],
            2,
        );
        assert!(told.contains(why), "{why}: {told}");
    }
    let left =
        night.cluster.admin().await.unwrap().query_one("SELECT count(*) FROM outbox", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 1);
}
