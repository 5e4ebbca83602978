//! Postgres in containers, for real, wherever a Docker engine answers and holds an image.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use sor_gate::error::ErrorKind;
use sor_gate::postgres::{ClusterOptions, Prepare, ProvisionOptions, Provisioner, Source};
use sor_gate::process::{Scope, ScopeOptions};

/// The image that `scripts/build-postgres-image.sh` makes, unless the environment names another.
fn image() -> String {
    std::env::var("SOR_GATE_TEST_IMAGE").unwrap_or_else(|_| "sor-gate-postgres:15".into())
}

fn docker(args: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether the test can run; says in one line why not.
fn ready() -> bool {
    let missing = if docker(&["version"]).is_none() {
        "no Docker engine"
    } else if docker(&["image", "inspect", &image()]).is_none() {
        "no image; run scripts/build-postgres-image.sh"
    } else {
        return true;
    };
    // Not captured, so that a skipped test is seen.
    let _ = writeln!(std::io::stderr(), "skipped: {missing}");
    false
}

fn scope() -> Arc<Scope> {
    let id = format!("test-{}", uuid::Uuid::new_v4().simple());
    let options =
        ScopeOptions { exe: Some(env!("CARGO_BIN_EXE_sor-gate").into()), ..ScopeOptions::default() };
    Scope::open(&id, options).expect("a scope")
}

fn options(scope: &Arc<Scope>) -> ProvisionOptions {
    ProvisionOptions {
        source: Source::Container,
        image: Some(image()),
        ..ProvisionOptions::new(scope.clone())
    }
}

/// The containers of a run that exist, running or not.
fn containers(run: &str) -> Vec<String> {
    let listed = docker(&["ps", "-aq", "--filter", &format!("label=sor-gate.run={run}")]).expect("a list");
    listed.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_cluster_connects_logs_crashes_and_is_gone_at_the_end() {
    if !ready() {
        return;
    }
    let scope = scope();
    let provisioner = Provisioner::new(options(&scope));
    let bare = provisioner.bare().await.unwrap();
    let wanted =
        ClusterOptions { settings: vec![("max_connections".into(), "33".into())], ..Default::default() };
    let cluster = provisioner.cluster(&bare, &wanted).await.unwrap();

    let identity = cluster.identity().await.unwrap();
    assert_eq!(identity.provider, "container");
    assert!(identity.image.unwrap().contains("@sha256:"));
    let settings = cluster.settings().await.unwrap();
    assert_eq!((settings["fsync"].as_str(), settings["max_connections"].as_str()), ("off", "33"));

    // Statements of a role of one's own stand in the log.
    let admin = cluster.admin().await.unwrap();
    admin
        .batch_execute("CREATE ROLE worker LOGIN; CREATE TABLE t (n int); GRANT ALL ON t TO worker")
        .await
        .unwrap();
    cluster.admit("worker").await.unwrap();
    cluster.log_statements("all").await.unwrap();
    let from = cluster.log().unwrap().position();
    let worker = cluster.connect("worker", &cluster.database(), "canary").await.unwrap();
    worker.execute("INSERT INTO t VALUES ($1)", &[&7]).await.unwrap();
    let fits = |line: &sor_gate::postgres::LogLine| {
        line.statement().is_some_and(|text| text.contains("INSERT INTO t"))
    };
    let line = cluster.log().unwrap().wait_for(from, fits, Duration::from_secs(10)).await.unwrap();
    assert_eq!((line.user.as_str(), line.application.as_str()), ("worker", "canary"));

    // Committed work survives a crash, at the same address.
    cluster.crash().await.unwrap();
    assert!(cluster.admin().await.is_err());
    cluster.restart().await.unwrap();
    cluster.alive().unwrap();
    let count: i64 =
        cluster.admin().await.unwrap().query_one("SELECT count(*) FROM t", &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
    let recovery =
        |line: &sor_gate::postgres::LogLine| line.message.contains("automatic recovery in progress");
    assert!(cluster.log().unwrap().wait_for(from, recovery, Duration::from_secs(10)).await.is_some());

    cluster.stop().await.unwrap();
    assert_eq!(containers(scope.id()), [""; 0]);
}

#[tokio::test]
async fn a_template_is_prepared_once_and_its_clusters_are_apart() {
    if !ready() {
        return;
    }
    let scope = scope();
    let provisioner = Provisioner::new(options(&scope));
    let key = format!("key {}", scope.id());
    let prepare: Prepare<'_> = &|cluster| {
        async move {
            let admin = cluster.admin().await?;
            Ok(admin.batch_execute("CREATE ROLE worker LOGIN; CREATE TABLE t (n int)").await?)
        }
        .boxed()
    };
    let template = provisioner.template(&key, prepare).await.unwrap();
    let never: Prepare<'_> = &|_| async { panic!("prepared twice") }.boxed();
    assert_eq!(provisioner.template(&key, never).await.unwrap(), template);

    let usual = ClusterOptions::default();
    let (one, two) =
        tokio::join!(provisioner.cluster(&template, &usual), provisioner.cluster(&template, &usual));
    let (one, two) = (one.unwrap(), two.unwrap());
    one.admin().await.unwrap().batch_execute("INSERT INTO t VALUES (1); DROP ROLE worker").await.unwrap();
    let count = "SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM pg_roles WHERE rolname = 'worker')";
    assert_eq!(two.admin().await.unwrap().query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);
    assert_eq!(containers(scope.id()).len(), 2);

    // Dropping ends a container too, and closing the scope whatever is left.
    drop(one);
    assert_eq!(containers(scope.id()).len(), 1);
    scope.close();
    assert_eq!(containers(scope.id()), [""; 0]);
    drop(two);
    docker(&["rmi", &template.handle]).unwrap();
}

#[tokio::test]
async fn a_server_that_ends_by_itself_is_named_as_the_cause() {
    if !ready() {
        return;
    }
    let scope = scope();
    let provisioner = Provisioner::new(options(&scope));
    let cluster =
        provisioner.cluster(&provisioner.bare().await.unwrap(), &ClusterOptions::default()).await.unwrap();
    let log = cluster.log().unwrap().clone();
    docker(&["kill", &containers(scope.id())[0]]).unwrap();
    assert!(log.wait_for(0, |_| false, Duration::from_secs(30)).await.is_none());
    let death = cluster.alive().unwrap_err();
    assert!(death.what.contains("ended by itself"), "{death}");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn containers_of_a_killed_run_are_swept() {
    if !ready() {
        return;
    }
    let run = format!("killed-{}", uuid::Uuid::new_v4().simple());
    let host = nix::unistd::gethostname().unwrap().to_string_lossy().into_owned();
    let label = |key: &str, value: &str| format!("--label=sor-gate.{key}={value}");
    let (run_label, host_label) = (label("run", &run), label("host", &host));
    let start = |scratch: &str| {
        let scratch = label("scratch", scratch);
        docker(&["create", &run_label, &host_label, &scratch, &image()]).unwrap()
    };
    let living = scope();
    let (gone, kept) = (start("/nowhere/sor-gate-gone"), start(&living.scratch().display().to_string()));
    let scope = scope();
    Provisioner::new(options(&scope)).backend().await.unwrap();
    let left = containers(&run);
    docker(&["rm", "-f", &kept]).unwrap();
    assert_eq!(left.len(), 1, "{gone} is removed");
    assert!(kept.starts_with(&left[0]), "that of a living run stays");
}

#[tokio::test]
async fn the_guard_of_a_killed_harness_removes_its_containers() {
    if !ready() {
        return;
    }
    let run = format!("guarded-{}", uuid::Uuid::new_v4().simple());
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("containers"), "").unwrap();
    docker(&["create", &format!("--label=sor-gate.run={run}"), &image()]).unwrap();
    // The pipe's end without a goodbye is what a killed harness leaves.
    let guard =
        Command::new(env!("CARGO_BIN_EXE_sor-gate")).args(["__guard", &run]).arg(scratch.path()).output();
    assert!(guard.unwrap().status.success());
    assert_eq!(containers(&run), [""; 0]);
}

#[tokio::test]
async fn a_missing_image_or_engine_is_said_with_a_remedy() {
    if !ready() {
        return;
    }
    let scope = scope();
    let missing = ProvisionOptions { image: Some("sor-gate-no-such-image:1".into()), ..options(&scope) };
    let error = Provisioner::new(missing).backend().await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Environment);
    assert!(
        error.what.starts_with("the image sor-gate-no-such-image:1 is not here and cannot be pulled"),
        "{error}"
    );
    assert!(error.remedy.unwrap().contains("--image NAME:TAG"));

    let other = ProvisionOptions { version: Some(9), ..options(&scope) };
    let error = Provisioner::new(other).backend().await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Usage);
    assert!(error.what.contains("holds Postgres 15, not 9"), "{error}");
}

/// Another minor release than that of the local binaries, as a rule.
#[test]
fn drills_pass_in_containers() {
    if !ready() {
        return;
    }
    let drills = ["drill", "migration_review", "idempotency", "append_only", "--postgres", "container"];
    let mut gate = Command::new(env!("CARGO_BIN_EXE_sor-gate"));
    let output = gate.args(drills).args(["--image", &image()]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("(container"), "{told}");
}
