//! The wire proxy before a real server: it harms nothing by itself, and its faults are what they say.

#![allow(clippy::unwrap_used)]

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{SinkExt, TryStreamExt};
use sor_gate::fault::FaultKind;
use sor_gate::fault::proxy::{
    Direction, Listen, Rewrite, StatementKind, Trigger, WirePlan, WireProxy, WireToxic,
};
use sor_gate::postgres::{Cluster, ClusterOptions, ConnectInfo, Host, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};

const SOON: Duration = Duration::from_secs(20);

/// A server of the test's own; the fields go in order, the server before its scope.
struct Ground {
    direct: Client,
    cluster: Cluster,
    _scope: Arc<Scope>,
}

async fn ground(setup: &str) -> Ground {
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let id = uuid::Uuid::new_v4().simple().to_string();
    let scope = Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap();
    let provisioner = Provisioner::new(ProvisionOptions::new(scope.clone()));
    let template = provisioner.bare().await.unwrap();
    let options = ClusterOptions { tcp: true, settings: Vec::new() };
    let cluster = provisioner.cluster(&template, &options).await.unwrap();
    let direct = cluster.admin().await.unwrap();
    direct.batch_execute(setup).await.unwrap();
    Ground { direct, cluster, _scope: scope }
}

impl Ground {
    async fn proxy(&self, plan: WirePlan) -> WireProxy {
        WireProxy::start(&self.cluster.superuser(), Listen::Unix, plan).await.unwrap()
    }

    /// Over TCP, where the server asks for SCRAM.
    async fn tcp_proxy(&self, plan: WirePlan) -> WireProxy {
        let root = self.cluster.superuser();
        self.cluster.admit(&root.user).await.unwrap();
        let upstream = self.cluster.tcp_info(&root.user, &root.database).unwrap();
        assert!(upstream.password.is_some());
        WireProxy::start(&upstream, Listen::Tcp, plan).await.unwrap()
    }

    /// Waits until no client's backend is at work but this one.
    async fn settled(&self) {
        let others = "SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        while self.direct.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {}
    }
}

async fn connect(proxy: &WireProxy) -> Result<Client, Error> {
    let (client, connection) = proxy.connect_info().config("wire").connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

fn program(name: &str, proxy: &WireProxy, arguments: &[&str]) -> Command {
    let at = proxy.connect_info();
    let host = match &at.host {
        Host::Socket(folder) => folder.display().to_string(),
        Host::Tcp(host) => host.clone(),
    };
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null());
    command.env("PGHOST", host).env("PGPORT", at.port.to_string());
    command.env("PGUSER", &at.user).env("PGDATABASE", &at.database);
    command.env("PGPASSWORD", at.password.as_ref().map_or("", |password| password.reveal()));
    command
}

async fn run(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_passes_unharmed_and_is_recorded() {
    let ground = ground("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
    let proxy = ground.tcp_proxy(WirePlan::clear()).await;
    let client = connect(&proxy).await.unwrap();
    client.simple_query("INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'").await.unwrap();
    let insert = client.prepare("INSERT INTO t VALUES ($1, $2)").await.unwrap();
    let twenty = (2..22).map(|id| {
        let (client, insert) = (&client, &insert);
        async move { client.execute(insert, &[&id, &"c"]).await }
    });
    futures::future::try_join_all(twenty).await.unwrap();
    let error = client.execute(&insert, &[&1_i32, &"d"]).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION));
    assert!(client.simple_query("SELEKT").await.is_err());
    assert_eq!(count(&client, "t").await, 21);

    let statements = proxy.statements();
    assert_eq!(statements[0].completed, ["INSERT 0 1", "UPDATE 1"]);
    let inserted: Vec<_> = statements
        .iter()
        .filter(|s| s.kind == StatementKind::Execute && s.completed == ["INSERT 0 1"])
        .collect();
    assert_eq!(inserted.len(), 20);
    assert!(inserted.iter().all(|s| s.params == Some(2) && s.sql == "INSERT INTO t VALUES ($1, $2)"));
    assert!(
        statements.iter().any(|s| s.kind == StatementKind::Execute && s.sqlstate.as_deref() == Some("23505"))
    );
    assert!(statements.iter().any(|s| s.sql == "SELEKT" && s.sqlstate.as_deref() == Some("42601")));
    assert_eq!(proxy.points().len() as u64, proxy.boundaries());
    assert_eq!(proxy.points()[0].name(), "StartupMessage");
    assert!(proxy.events().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_passes_both_ways() {
    let ground = ground("CREATE TABLE t (id int, v text); CREATE TABLE u (LIKE t)").await;
    let proxy = ground.proxy(WirePlan::clear()).await;
    let client = connect(&proxy).await.unwrap();
    let sink = client.copy_in("COPY t FROM STDIN").await.unwrap();
    futures::pin_mut!(sink);
    for row in 0..2_000 {
        sink.send(Bytes::from(format!("{row}\trow {row}\n"))).await.unwrap();
    }
    assert_eq!(sink.finish().await.unwrap(), 2_000);
    let rows: Vec<Bytes> = client.copy_out("COPY t TO STDOUT").await.unwrap().try_collect().await.unwrap();
    assert_eq!(rows.len(), 2_000);

    let sink = client.copy_in("COPY t FROM STDIN").await.unwrap();
    futures::pin_mut!(sink);
    sink.send(Bytes::from_static(b"no number\tx\n")).await.unwrap();
    assert_eq!(sink.finish().await.unwrap_err().code(), Some(&SqlState::INVALID_TEXT_REPRESENTATION));
    assert_eq!(count(&client, "t").await, 2_000);

    // By psql, and big: 30 MB each way.
    ground
        .direct
        .batch_execute(
            "TRUNCATE t; INSERT INTO t SELECT g, repeat(md5(g::text), 3) FROM generate_series(1, 300000) g",
        )
        .await
        .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let copy = |table: &str, way: &str| format!("\\copy {table} {way} '{}'", file.path().display());
    for command in [copy("t", "TO"), copy("u", "FROM")] {
        run(program("psql", &proxy, &["-qXc", &command])).await;
    }
    let same = "SELECT (SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM t) =
                       (SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM u)";
    assert!(ground.direct.query_one(same, &[]).await.unwrap().get::<_, bool>(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pgbench_runs_in_every_mode() {
    let ground = ground("").await;
    let proxy = ground.proxy(WirePlan::clear()).await;
    run(program("pgbench", &proxy, &["-i", "-q"])).await;
    for mode in ["simple", "extended", "prepared"] {
        run(program("pgbench", &proxy, &["-n", "-M", mode, "-c", "4", "-t", "50"])).await;
    }
    assert_eq!(count(&ground.direct, "pgbench_history").await, 600);
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        script.path(),
        "\\startpipeline\nSELECT 1;\nINSERT INTO pgbench_history (tid) VALUES (1);\nSELECT 2;\n\\endpipeline\n",
    )
    .unwrap();
    let file = script.path().display().to_string();
    run(program("pgbench", &proxy, &["-n", "-M", "prepared", "-t", "50", "-f", &file])).await;
    assert_eq!(count(&ground.direct, "pgbench_history").await, 650);
    let commits = proxy.statements().iter().filter(|s| s.completed.contains(&"COMMIT".into())).count();
    // One more by the initialisation.
    assert_eq!(commits, 601);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_message_streams_through() {
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    let ground = ground("").await;
    let proxy = ground.proxy(WirePlan::clear()).await;
    let before = peak();
    let sql = "SELECT repeat('x', 200000000)";
    run(program("psql", &proxy, &["-qXAto", "/dev/null", "-c", sql])).await;
    assert!(peak() - before < 100, "{} MB, before {before}", peak());
    // Upwards: a text beyond what is looked at.
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), format!("SELECT length('{}');", "y".repeat(40_000_000))).unwrap();
    let file = script.path().display().to_string();
    let output = run(program("psql", &proxy, &["-qXAtf", &file])).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "40000000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_reaches_its_backend() {
    let ground = ground("").await;
    let proxy = ground.proxy(WirePlan::clear()).await;
    let client = connect(&proxy).await.unwrap();
    let token = client.cancel_token();
    let asleep = tokio::spawn(async move { client.batch_execute("SELECT pg_sleep(60)").await });
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    while ground.direct.query_one(sleeping, &[]).await.unwrap().get::<_, i64>(0) == 0 {}
    token.cancel_query(NoTls).await.unwrap();
    let error = asleep.await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::QUERY_CANCELED));
    assert!(proxy.points().iter().any(|point| point.name() == "CancelRequest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_is_declined_politely() {
    let ground = ground("").await;
    let proxy = ground.tcp_proxy(WirePlan::clear()).await;
    run(program("psql", &proxy, &["-qXc", "SELECT 1"])).await;
    let mut strict = program("psql", &proxy, &["-qXc", "SELECT 1"]);
    strict.env("PGSSLMODE", "require");
    assert!(!strict.output().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_upstream_closes_the_connection() {
    let nowhere = ConnectInfo {
        host: Host::Socket("/nonexistent".into()),
        port: 1,
        user: "postgres".into(),
        password: None,
        database: "postgres".into(),
    };
    let proxy = WireProxy::start(&nowhere, Listen::Unix, WirePlan::clear()).await.unwrap();
    assert!(connect(&proxy).await.is_err());
}

/// One transaction, with a statement dropped on the way so that its Close mingles with what follows.
async fn transfer(proxy: &WireProxy) -> Result<(), Error> {
    let mut client = connect(proxy).await?;
    let transaction = client.transaction().await?;
    let (id,): (i64,) = {
        let row = transaction.query_one("SELECT coalesce(max(id), 0) FROM t", &[]).await?;
        (row.get(0),)
    };
    transaction.execute("INSERT INTO t VALUES ($1)", &[&(id + 1)]).await?;
    transaction.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_at_every_boundary_leaves_all_or_nothing() {
    let ground = ground("CREATE TABLE t (id bigint PRIMARY KEY)").await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        let whole = ground.proxy(WirePlan::clear()).await;
        transfer(&whole).await.unwrap();
        whole_conversation(&whole).await;
        runs.push(whole.points());
    }
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
    let mut commit_unheard = 0;
    for point in &runs[0] {
        let rows = count(&ground.direct, "t").await;
        let cut = ground.proxy(WirePlan::one(Trigger::Boundary(point.number), WireToxic::CutBefore)).await;
        let outcome = transfer(&cut).await;
        let event = cut.wait_fired(SOON).await.unwrap();
        assert!(event.detail.contains(&format!("message {} ", point.number)), "{event:?}");
        drop(cut);
        ground.settled().await;
        match (outcome, count(&ground.direct, "t").await - rows) {
            (Ok(()), 1) | (Err(_), 0) => {}
            (Err(_), 1) => commit_unheard += 1,
            other => panic!("{point:?}: {other:?}"),
        }
    }
    // Cut before CommandComplete and before ReadyForQuery.
    assert_eq!(commit_unheard, 2);
}

/// The driver sends its last Close and Terminate by itself after the client is dropped.
async fn whole_conversation(proxy: &WireProxy) {
    while proxy.points().last().is_none_or(|point| point.name() != "Terminate") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reply_to_a_commit_is_lost() {
    let ground = ground(
        "CREATE TABLE t (id bigint PRIMARY KEY);
             CREATE TABLE d (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO d VALUES (1)",
    )
    .await;
    let proxy = ground.proxy(WirePlan::lose_commit_reply()).await;
    // A COMMIT that fails is no lost reply: the client hears of it, and the rule waits on.
    let client = connect(&proxy).await.unwrap();
    client.batch_execute("BEGIN; INSERT INTO d VALUES (1)").await.unwrap();
    let error = client.batch_execute("COMMIT").await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION));
    assert!(proxy.events().is_empty());

    assert!(transfer(&proxy).await.unwrap_err().is_closed());
    let event = proxy.wait_fired(SOON).await.unwrap();
    assert_eq!(event.kind, FaultKind::ReplyLost);
    assert!(event.detail.contains("answered COMMIT"), "{event:?}");
    assert_eq!(count(&ground.direct, "t").await, 1);
    transfer(&proxy).await.unwrap();
    assert_eq!(count(&ground.direct, "t").await, 2);

    // The same for a single statement that commits by itself, in the extended protocol.
    let insert = Trigger::first(|m| m.runs() && m.sql.is_some_and(|sql| sql.contains("VALUES (7)")));
    proxy.set_plan(WirePlan::one(insert, WireToxic::LoseReply));
    let client = connect(&proxy).await.unwrap();
    assert!(client.execute("INSERT INTO t VALUES (7)", &[]).await.is_err());
    assert!(proxy.wait_fired(SOON).await.unwrap().detail.contains("INSERT 0 1"));
    assert_eq!(count(&ground.direct, "t").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_killed_at_a_boundary() {
    let ground = ground("CREATE TABLE t (id int)").await;
    let group = Arc::new(OnceLock::<i32>::new());
    let victim = Arc::clone(&group);
    let kill = move || {
        let group = nix::unistd::Pid::from_raw(*victim.wait());
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).unwrap();
    };
    let before_commit = Trigger::first(|message| message.asks_commit());
    let proxy = ground.proxy(WirePlan::one(before_commit, WireToxic::Kill(Arc::new(kill)))).await;
    let script = ["-qX", "-c", "BEGIN", "-c", "INSERT INTO t VALUES (1)", "-c", "COMMIT"];
    let mut child = program("psql", &proxy, &script).process_group(0).spawn().unwrap();
    group.set(i32::try_from(child.id()).unwrap()).unwrap();
    let event = proxy.wait_fired(SOON).await.unwrap();
    let passed = proxy.boundaries();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert!(event.kind == FaultKind::Kill && event.detail.contains("COMMIT"), "{event:?}");
    assert_eq!(proxy.boundaries(), passed);
    assert!(!proxy.statements().iter().any(|statement| statement.sql == "COMMIT"));
    ground.settled().await;
    assert_eq!(count(&ground.direct, "t").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_held_delayed_and_cut_off() {
    let ground = ground("CREATE TABLE t (id int)").await;
    let asks = |what: &'static str| Trigger::first(move |m| m.runs() && m.sql == Some(what));
    let late = Duration::from_millis(60);
    let plan = WirePlan::one(asks("INSERT INTO t VALUES (1)"), WireToxic::Hold)
        .and(asks("INSERT INTO t VALUES (2)"), WireToxic::Delay(late))
        .and(asks("INSERT INTO t VALUES (3)"), WireToxic::CutAfter);
    let proxy = ground.proxy(plan).await;
    let client = Arc::new(connect(&proxy).await.unwrap());
    let held = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.batch_execute("INSERT INTO t VALUES (1)").await }
    });
    assert_eq!(proxy.wait_fired(SOON).await.unwrap().kind, FaultKind::Hold);
    assert_eq!(count(&ground.direct, "t").await, 0);
    assert!(!held.is_finished());
    proxy.release();
    held.await.unwrap().unwrap();
    let start = Instant::now();
    client.batch_execute("INSERT INTO t VALUES (2)").await.unwrap();
    assert!(start.elapsed() >= late);
    assert!(client.batch_execute("INSERT INTO t VALUES (3)").await.is_err());
    ground.settled().await;
    assert_eq!(count(&ground.direct, "t").await, 3);
    let kinds: Vec<_> = proxy.events().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [FaultKind::Hold, FaultKind::Delay, FaultKind::CutAfter]);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_rewritten() {
    let ground = ground("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)").await;
    let strip = Rewrite::new("strip the lock", |sql| {
        sql.contains(" FOR UPDATE SKIP LOCKED").then(|| sql.replace(" FOR UPDATE SKIP LOCKED", ""))
    });
    let no_begin = Rewrite::new("no BEGIN", |sql| (sql == "BEGIN").then(|| "DO 'BEGIN END'".into()));
    let proxy = ground.proxy(WirePlan::clear().rewrite(strip).rewrite(no_begin)).await;
    let claim = "SELECT id FROM t WHERE id > $1 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED";
    let clients = [connect(&proxy).await.unwrap(), connect(&proxy).await.unwrap()];
    for client in &clients {
        client.batch_execute("START TRANSACTION").await.unwrap();
        // Without the lock both see the same row.
        assert_eq!(client.query_one(claim, &[&0_i32]).await.unwrap().get::<_, i32>(0), 1);
        client.simple_query(&claim.replace("$1", "0")).await.unwrap();
        client.batch_execute("ROLLBACK").await.unwrap();
    }
    clients[0].batch_execute("BEGIN").await.unwrap();
    clients[0].batch_execute("INSERT INTO t VALUES (3)").await.unwrap();
    assert_eq!(count(&ground.direct, "t").await, 3, "no transaction was open");
    assert_eq!(proxy.rewritten(), 5);
    let rewritten: Vec<_> = proxy.statements().into_iter().filter(|s| s.rewritten.is_some()).collect();
    assert!(rewritten.iter().any(|s| s.kind == StatementKind::Execute && s.sql == claim));
    let kinds: Vec<_> = proxy.events().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [FaultKind::Rewrite, FaultKind::Rewrite]);
    let upwards = proxy.points().iter().filter(|point| point.direction == Direction::ToServer).count();
    assert!(upwards > 0);
}
