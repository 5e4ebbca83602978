//! Without a plan the proxy harms nothing.

use bytes::Bytes;
use futures::{SinkExt, TryStreamExt};
use sor_gate::fault::proxy::{Listen, StatementKind, WirePlan, WireProxy};
use sor_gate::postgres::{ConnectInfo, Host};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::ground::{connect, count, ground, program, run};

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

/// What comes before the start-up packet is answered in one byte each, as a server without encryption does.
#[tokio::test(flavor = "multi_thread")]
async fn requests_for_encryption_are_answered_in_any_order_and_number() {
    const SSL: u32 = 80_877_103;
    const GSS: u32 = 80_877_104;
    let ground = ground("").await;
    let proxy = ground.proxy(WirePlan::clear()).await;
    let at = proxy.connect_info();
    let Host::Socket(folder) = &at.host else { panic!("no socket") };
    let path = folder.join(format!(".s.PGSQL.{}", at.port));
    for requests in [&[SSL][..], &[GSS], &[GSS, SSL], &[SSL, GSS, SSL]] {
        let mut socket = tokio::net::UnixStream::connect(&path).await.unwrap();
        for request in requests {
            socket.write_u32(8).await.unwrap();
            socket.write_u32(*request).await.unwrap();
            assert_eq!(socket.read_u8().await.unwrap(), b'N');
        }
        let user = format!("user\0{}\0database\0{}\0\0", at.user, at.database);
        socket.write_u32(u32::try_from(8 + user.len()).unwrap()).await.unwrap();
        socket.write_u32(196_608).await.unwrap();
        socket.write_all(user.as_bytes()).await.unwrap();
        assert_eq!(socket.read_u8().await.unwrap(), b'R', "the server itself answers");
    }
    // What is no start-up packet ends its connection, and no other.
    let mut socket = tokio::net::UnixStream::connect(&path).await.unwrap();
    socket.write_u32(u32::MAX).await.unwrap();
    assert_eq!(socket.read(&mut [0]).await.unwrap(), 0);
    assert!(connect(&proxy).await.is_ok());
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
