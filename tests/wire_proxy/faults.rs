//! Its faults are what they say.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sor_gate::fault::FaultKind;
use sor_gate::fault::proxy::{Direction, Rewrite, StatementKind, Trigger, WirePlan, WireProxy, WireToxic};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::ground::{SOON, connect, count, ground, program};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_held_answer_leaves_a_half_open_connection() {
    let ground = ground("CREATE TABLE t (id int)").await;
    let answer = Trigger::first(|m| m.direction == Direction::ToClient && m.completed == Some("INSERT 0 1"));
    let proxy = ground.proxy(WirePlan::one(answer, WireToxic::Hold)).await;
    let client = connect(&proxy).await.unwrap();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    assert!(proxy.backends().contains(&pid));
    let asking = tokio::spawn(async move { client.batch_execute("INSERT INTO t VALUES (1)").await });
    assert_eq!(proxy.wait_fired(SOON).await.unwrap().kind, FaultKind::Hold);
    assert!(!asking.is_finished());
    // The client goes; the server hears nothing of it.
    asking.abort();
    let lives = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'idle'";
    while ground.direct.query_one(lives, &[&pid]).await.unwrap().get::<_, i64>(0) == 0 {}
    assert_eq!(count(&ground.direct, "t").await, 1);
    proxy.release();
    ground.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_ends_what_is_open_and_nothing_that_comes_later() {
    let ground = ground("CREATE TABLE t (id int)").await;
    let asks = Trigger::first(|m| m.runs() && m.sql == Some("INSERT INTO t VALUES (1)"));
    let proxy = ground.proxy(WirePlan::one(asks, WireToxic::Hold)).await;
    let (held, idle) = (connect(&proxy).await.unwrap(), connect(&proxy).await.unwrap());
    let asking = tokio::spawn(async move { held.batch_execute("INSERT INTO t VALUES (1)").await });
    proxy.wait_fired(SOON).await.unwrap();
    proxy.cut();
    assert!(asking.await.unwrap().unwrap_err().is_closed());
    while !idle.is_closed() {
        tokio::task::yield_now().await;
    }
    ground.settled().await;
    assert_eq!(count(&ground.direct, "t").await, 0, "what was held never arrives");
    let later = connect(&proxy).await.unwrap();
    assert_eq!(count(&later, "t").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_behind_the_proxy_is_back_behind_it() {
    let ground = ground("CREATE TABLE t (id int)").await;
    let proxy = ground.proxy(WirePlan::clear()).await;
    let client = connect(&proxy).await.unwrap();
    client.batch_execute("INSERT INTO t VALUES (1)").await.unwrap();
    ground.cluster.crash().await.unwrap();
    assert!(client.batch_execute("INSERT INTO t VALUES (2)").await.is_err());
    assert!(connect(&proxy).await.is_err());
    ground.cluster.restart().await.unwrap();
    let again = connect(&proxy).await.unwrap();
    assert_eq!(count(&again, "t").await, 1);
}
