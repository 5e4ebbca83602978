//! An existing server by URL: what is asked of it, what is touched, what is left behind.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use futures::FutureExt;
use sor_gate::error::{Error, ErrorKind};
use sor_gate::postgres::{Cluster, ClusterOptions, Prepare, ProvisionOptions, Provisioner, Source};
use sor_gate::process::{Scope, ScopeOptions};

fn scope() -> Arc<Scope> {
    let id = format!("Test-{}", uuid::Uuid::new_v4().simple());
    let options =
        ScopeOptions { exe: Some(env!("CARGO_BIN_EXE_sor-gate").into()), ..ScopeOptions::default() };
    Scope::open(&id, options).expect("a scope")
}

fn provisioner(scope: &Arc<Scope>, source: Source) -> Provisioner {
    Provisioner::new(ProvisionOptions { source, ..ProvisionOptions::new(scope.clone()) })
}

/// A server that plays somebody else's.
async fn theirs(scope: &Arc<Scope>) -> Cluster {
    let local = provisioner(scope, Source::Local);
    let bare = local.bare().await.expect("a template");
    let options = ClusterOptions { tcp: true, ..ClusterOptions::default() };
    let theirs = local.cluster(&bare, &options).await.expect("a server");
    run(&theirs, "CREATE ROLE dba LOGIN CREATEDB CREATEROLE; CREATE TABLE precious AS SELECT 1 AS n").await;
    theirs.admit("dba").await.expect("a password");
    theirs.admit("postgres").await.expect("a password");
    theirs
}

async fn run(cluster: &Cluster, sql: &str) {
    cluster.admin().await.expect("a session").batch_execute(sql).await.expect(sql);
}

/// All that a run could leave: roles, databases, and the tables of the database in the URL.
async fn inventory(theirs: &Cluster) -> Vec<String> {
    let query =
        "SELECT 'role ' || rolname FROM pg_roles UNION ALL SELECT 'database ' || datname FROM pg_database
                 UNION ALL SELECT 'table ' || oid::regclass FROM pg_class WHERE oid >= 16384 ORDER BY 1";
    let rows = theirs.admin().await.expect("a session").query(query, &[]).await.expect("an inventory");
    rows.iter().map(|row| row.get(0)).collect()
}

fn url(theirs: &Cluster, role: &str) -> Source {
    Source::Url(theirs.tcp_info(role, "postgres").expect("an address").url())
}

const SET_UP: Prepare<'static> = &|cluster| {
    async move {
        let admin = cluster.admin().await?;
        let sql = format!(
            "CREATE ROLE keeper; CREATE ROLE worker LOGIN IN ROLE keeper;
             CREATE TABLE t (n int); INSERT INTO t VALUES (7); GRANT SELECT ON t TO keeper;
             ALTER DATABASE {0} SET search_path = public, pg_catalog; REVOKE TEMP ON DATABASE {0} FROM PUBLIC",
            cluster.database()
        );
        admin.batch_execute(&sql).await?;
        cluster.admit("worker").await
    }
    .boxed()
};

async fn works_as(role: &str) {
    let scope = scope();
    let theirs = theirs(&scope).await;
    let before = inventory(&theirs).await;
    let provisioner = provisioner(&scope, url(&theirs, role));
    assert_eq!(provisioner.jobs().await.unwrap(), Some(1));
    let template = provisioner.template("one", SET_UP).await.unwrap();
    let usual = ClusterOptions::default();
    let first = provisioner.cluster(&template, &usual).await.unwrap();
    assert!(first.database().starts_with("sor_gate_test_"), "{}", first.database());
    assert!(first.log().is_none());
    assert!(first.crash().await.unwrap_err().what.contains("not the run's to crash"));
    let worker = first.connect("worker", &first.database(), "test").await.unwrap();
    let row = worker.query_one("SELECT n, current_setting('search_path') FROM t", &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get::<_, &str>(1)), (7, "public, pg_catalog"));
    let temp = "SELECT has_database_privilege('worker', current_database(), 'TEMP')";
    assert!(!worker.query_one(temp, &[]).await.unwrap().get::<_, bool>(0), "grants are copied");
    let own_password = first.superuser().url() != theirs.tcp_info(role, "postgres").unwrap().url();
    assert!(own_password, "the URL's password goes nowhere");

    // What a drill does to roles is undone for the next, and its database is gone.
    run(&first, "REVOKE keeper FROM worker; ALTER ROLE worker CREATEDB; CREATE ROLE rider IN ROLE keeper")
        .await;
    first.stop().await.unwrap();
    let second = provisioner.cluster(&template, &usual).await.unwrap();
    let state = "SELECT rolcreatedb, pg_has_role('worker', 'keeper', 'MEMBER'), to_regrole('rider') IS NULL
                 FROM pg_roles WHERE rolname = 'worker'";
    let row = second.admin().await.unwrap().query_one(state, &[]).await.unwrap();
    assert_eq!((row.get::<_, bool>(0), row.get::<_, bool>(1), row.get::<_, bool>(2)), (false, true, true));
    drop(second);
    drop(provisioner);
    assert_eq!(inventory(&theirs).await, before, "nothing is left behind");
}

#[tokio::test]
async fn a_superuser_works() {
    works_as("postgres").await;
}

#[tokio::test]
async fn a_role_with_createdb_and_createrole_works() {
    works_as("dba").await;
}

async fn refused(theirs: &Cluster, scope: &Arc<Scope>, role: &str) -> Error {
    let before = inventory(theirs).await;
    let provisioner = provisioner(scope, url(theirs, role));
    let error = match provisioner.template("one", SET_UP).await {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    };
    drop(provisioner);
    assert_eq!(inventory(theirs).await, before, "nothing is left behind");
    error
}

#[tokio::test]
async fn a_role_that_lacks_a_right_is_told_the_statement_to_run() {
    let scope = scope();
    let theirs = theirs(&scope).await;
    for (role, has, lacks) in [("a", "CREATEROLE", "CREATEDB"), ("b", "CREATEDB", "CREATEROLE")] {
        run(&theirs, &format!("CREATE ROLE {role} LOGIN {has}")).await;
        theirs.admit(role).await.unwrap();
        let error = refused(&theirs, &scope, role).await;
        assert_eq!(error.kind, ErrorKind::Environment);
        assert_eq!(error.what, format!("role `{role}` lacks {lacks}"));
        assert_eq!(error.remedy.unwrap(), format!("let a superuser run: ALTER ROLE {role} {lacks};"));
    }
}

#[tokio::test]
async fn a_role_that_exists_already_is_never_touched() {
    let scope = scope();
    let theirs = theirs(&scope).await;
    run(&theirs, "CREATE ROLE worker LOGIN").await;
    let error = refused(&theirs, &scope, "dba").await;
    assert!(error.what.contains("role \"worker\" already exists"), "{error}");
    assert!(error.what.contains("only those made by the run are touched"), "{error}");

    // A set-up that takes what it finds is refused as well.
    let provisioner = provisioner(&scope, url(&theirs, "postgres"));
    let takes: Prepare<'_> = &|cluster| {
        async move {
            Ok(cluster.admin().await?.batch_execute("CREATE TABLE t (); GRANT SELECT ON t TO worker").await?)
        }
        .boxed()
    };
    let error = provisioner.template("takes", takes).await.err().unwrap();
    assert!(error.what.contains("`worker`, which was on the server before"), "{error}");
    let admits: Prepare<'_> = &|cluster| cluster.admit("worker").boxed();
    let error = provisioner.template("admits", admits).await.err().unwrap();
    assert!(error.what.contains("`worker`, which was on the server before"), "{error}");
}

#[tokio::test]
async fn what_only_a_superuser_may_do_is_said() {
    let scope = scope();
    let theirs = theirs(&scope).await;
    let provisioner = provisioner(&scope, url(&theirs, "dba"));
    let needs: Prepare<'_> = &|cluster| {
        async move { Ok(cluster.admin().await?.batch_execute("CREATE ROLE big SUPERUSER").await?) }.boxed()
    };
    let error = provisioner.template("needs", needs).await.err().unwrap();
    assert!(error.what.starts_with("the set-up needs more than role `dba` may do"), "{error}");
    let wanted =
        ClusterOptions { settings: vec![("fsync".into(), "off".into())], ..ClusterOptions::default() };
    let error = provisioner.cluster(&provisioner.bare().await.unwrap(), &wanted).await.unwrap_err();
    assert!(error.what.contains("cannot be given the setting fsync"), "{error}");
}

#[tokio::test]
async fn leftovers_of_killed_runs_are_swept_and_those_of_living_ones_stay() {
    let scope = scope();
    let theirs = theirs(&scope).await;
    let before = inventory(&theirs).await;
    let living = provisioner(&scope, url(&theirs, "postgres"));
    let kept = living.cluster(&living.bare().await.unwrap(), &ClusterOptions::default()).await.unwrap();

    // A killed run's things, and what merely looks like them.
    let comment = r#"'{"sor-gate":"a run''s role","before":["postgres","dba"]}'"#;
    run(
        &theirs,
        &format!("CREATE ROLE sor_gate_killed CREATEDB CREATEROLE; COMMENT ON ROLE sor_gate_killed IS {comment}; GRANT sor_gate_killed TO dba"),
    )
    .await;
    run(&theirs, "CREATE ROLE left_role").await;
    run(&theirs, "CREATE DATABASE sor_gate_killed_0 OWNER sor_gate_killed").await;
    run(&theirs, "GRANT CREATE ON DATABASE sor_gate_killed_0 TO left_role").await;
    run(&theirs, "CREATE ROLE sor_gate_by_hand").await;
    run(&theirs, "CREATE DATABASE sor_gate_by_hand_0").await;

    let scope_of_next = self::scope();
    let next = provisioner(&scope_of_next, url(&theirs, "dba"));
    next.backend().await.unwrap();
    drop(next);
    kept.admin().await.unwrap();
    drop(kept);
    drop(living);
    run(&theirs, "DROP DATABASE sor_gate_by_hand_0").await;
    run(&theirs, "DROP ROLE sor_gate_by_hand").await;
    assert_eq!(inventory(&theirs).await, before);
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_url_that_is_none_are_told_apart() {
    let scope = scope();
    let gone = provisioner(&scope, Source::Url("postgres://me:secret@127.0.0.1:1/x".into()));
    let error = gone.backend().await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Environment);
    assert!(!error.to_string().contains("secret"), "{error}");
    let error = provisioner(&scope, Source::Url("loca".into())).backend().await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Usage, "{error}");
}
