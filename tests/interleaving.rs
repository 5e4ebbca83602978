//! Interleavings on a real server: the Hermitage tests of isolation (github.com/ept/hermitage, `postgres.md`), with the
//! results known for PostgreSQL at each level, and the stepping itself.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use sor_gate::interleaving::{Actor, History, Interleavings, Step, StepOutcome, count};
use sor_gate::postgres::{Cluster, ClusterOptions, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};
use sor_gate::recorder::Recorder;
use sor_gate::template::Values;

/// A server of the test's own; the fields go in order, the server before its scope.
struct Ground {
    cluster: Cluster,
    _scope: Arc<Scope>,
}

async fn ground() -> Ground {
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let id = uuid::Uuid::new_v4().simple().to_string();
    let scope = Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap();
    let provisioner = Provisioner::new(ProvisionOptions::new(scope.clone()));
    let template = provisioner.bare().await.unwrap();
    let settings = vec![("deadlock_timeout".into(), "50ms".into())];
    let cluster = provisioner.cluster(&template, &ClusterOptions { tcp: false, settings }).await.unwrap();
    Ground { cluster, _scope: scope }
}

impl Ground {
    fn actor(&self, name: &str, steps: Vec<Step>) -> Actor {
        let info = self.cluster.superuser();
        Actor { name: name.into(), info, prelude: String::new(), steps }
    }

    fn interleavings(&self, actors: Vec<Actor>) -> Interleavings {
        Interleavings {
            admin: self.cluster.superuser(),
            setup: "CREATE TABLE test (id int PRIMARY KEY, value int);
                    INSERT INTO test VALUES (1, 10), (2, 20)"
                .into(),
            actors,
            observe: Some("SELECT string_agg(id || '=' || value, ' ' ORDER BY id) FROM test".into()),
            teardown: "DROP TABLE test".into(),
            deadline: Duration::from_secs(20),
        }
    }

    /// Plays one order: each line is a session's number and its statement. The sessions begin at `level` first.
    async fn play(&self, level: &str, lines: &[&str]) -> History {
        let begin = format!("BEGIN ISOLATION LEVEL {level}");
        let mut actors: Vec<Actor> =
            ["1", "2", "3"].iter().map(|name| self.actor(name, Vec::new())).collect();
        let sessions = lines.iter().map(|line| usize::from(line.as_bytes()[0] - b'1')).max().unwrap() + 1;
        actors.truncate(sessions);
        let mut order = Vec::new();
        for (at, actor) in actors.iter_mut().enumerate() {
            actor.steps.push(Step::sql("0", &begin));
            order.push(at);
        }
        for line in lines {
            let at = usize::from(line.as_bytes()[0] - b'1');
            let name = actors[at].steps.len().to_string();
            actors[at].steps.push(Step::sql(name, &line[2..]));
            order.push(at);
        }
        self.interleavings(actors).play(&[order], &Recorder::default()).await.unwrap().remove(0)
    }
}

/// What a step came to, in short: a value, a count, an SQLSTATE; `<` marks that it had waited.
fn short(history: &History, session: &str, step: &str) -> String {
    let performed = history.step(session, step).unwrap();
    let waited = if performed.blocked_by.is_empty() { "" } else { "<" };
    match &performed.outcome {
        StepOutcome::Done { names, rows, affected } if names.is_empty() => {
            assert!(rows.is_empty());
            format!("{waited}{affected}")
        }
        StepOutcome::Done { rows, .. } => {
            let rows: Vec<&str> = rows.iter().map(|row| row[0].as_deref().unwrap_or("NULL")).collect();
            format!("{waited}[{}]", rows.join(" "))
        }
        StepOutcome::Refused { sqlstate, .. } => format!("{waited}{sqlstate}"),
        StepOutcome::Skipped => "skipped".into(),
    }
}

fn all(history: &History, session: &str) -> String {
    let steps: Vec<String> =
        history.of(session).skip(1).map(|step| short(history, session, &step.step)).collect();
    steps.join(" ")
}

fn observed(history: &History) -> &str {
    history.observed.as_ref().unwrap().scalar().unwrap()
}

const RC: &str = "READ COMMITTED";
const RR: &str = "REPEATABLE READ";
const SER: &str = "SERIALIZABLE";

#[tokio::test(flavor = "multi_thread")]
async fn dirty_writes_and_dirty_reads_are_prevented_everywhere() {
    let ground = ground().await;
    let g0 = [
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "2 UPDATE test SET value = 12 WHERE id = 1",
        "1 UPDATE test SET value = 21 WHERE id = 2",
        "1 COMMIT",
        "2 UPDATE test SET value = 22 WHERE id = 2",
        "2 COMMIT",
    ];
    let history = ground.play(RC, &g0).await;
    assert_eq!((all(&history, "2").as_str(), observed(&history)), ("<1 1 0", "1=12 2=22"));
    assert_eq!(history.step("2", "1").unwrap().blocked_by, ["1"]);
    for level in [RR, SER] {
        let history = ground.play(level, &g0).await;
        assert_eq!((all(&history, "2").as_str(), observed(&history)), ("<40001 25P02 0", "1=11 2=21"));
    }
    let g1a = [
        "1 UPDATE test SET value = 101 WHERE id = 1",
        "2 SELECT value FROM test WHERE id = 1",
        "1 ROLLBACK",
        "2 SELECT value FROM test WHERE id = 1",
        "2 COMMIT",
    ];
    for level in [RC, RR, SER] {
        assert_eq!(all(&ground.play(level, &g1a).await, "2"), "[10] [10] 0", "{level}");
    }
    let g1b = [
        "1 UPDATE test SET value = 101 WHERE id = 1",
        "2 SELECT value FROM test WHERE id = 1",
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "1 COMMIT",
        "2 SELECT value FROM test WHERE id = 1",
        "2 COMMIT",
    ];
    for (level, seen) in [(RC, "[10] [11] 0"), (RR, "[10] [10] 0"), (SER, "[10] [10] 0")] {
        assert_eq!(all(&ground.play(level, &g1b).await, "2"), seen, "{level}");
    }
    let g1c = [
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "2 UPDATE test SET value = 22 WHERE id = 2",
        "1 SELECT value FROM test WHERE id = 2",
        "2 SELECT value FROM test WHERE id = 1",
        "1 COMMIT",
        "2 COMMIT",
    ];
    for (level, last) in [(RC, "1 [10] 0"), (RR, "1 [10] 0"), (SER, "1 [10] 40001")] {
        let history = ground.play(level, &g1c).await;
        assert_eq!((all(&history, "1").as_str(), all(&history, "2").as_str()), ("1 [20] 0", last), "{level}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn observed_transactions_do_not_vanish() {
    let ground = ground().await;
    let otv = [
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "1 UPDATE test SET value = 19 WHERE id = 2",
        "2 UPDATE test SET value = 12 WHERE id = 1",
        "1 COMMIT",
        "3 SELECT value FROM test WHERE id = 1",
        "2 UPDATE test SET value = 18 WHERE id = 2",
        "3 SELECT value FROM test WHERE id = 2",
        "2 COMMIT",
        "3 SELECT value FROM test WHERE id = 2",
        "3 SELECT value FROM test WHERE id = 1",
        "3 COMMIT",
    ];
    let history = ground.play(RC, &otv).await;
    assert_eq!(all(&history, "2"), "<1 1 0");
    assert_eq!(all(&history, "3"), "[11] [19] [18] [12] 0");
    for level in [RR, SER] {
        let history = ground.play(level, &otv).await;
        assert_eq!(all(&history, "2"), "<40001 25P02 0");
        assert_eq!(all(&history, "3"), "[11] [19] [19] [11] 0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn predicates_and_lost_updates_depend_on_the_level() {
    let ground = ground().await;
    let pmp = [
        "1 SELECT id FROM test WHERE value = 30",
        "2 INSERT INTO test VALUES (3, 30)",
        "2 COMMIT",
        "1 SELECT id FROM test WHERE value % 3 = 0",
        "1 COMMIT",
    ];
    let pmp_write = [
        "1 UPDATE test SET value = value + 10",
        "2 DELETE FROM test WHERE value = 20",
        "1 COMMIT",
        "2 SELECT id FROM test WHERE value = 20",
        "2 COMMIT",
    ];
    let p4 = [
        "1 SELECT value FROM test WHERE id = 1",
        "2 SELECT value FROM test WHERE id = 1",
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "2 UPDATE test SET value = 11 WHERE id = 1",
        "1 COMMIT",
        "2 COMMIT",
    ];
    let g_single = [
        "1 SELECT value FROM test WHERE id = 1",
        "2 UPDATE test SET value = 12 WHERE id = 1",
        "2 UPDATE test SET value = 18 WHERE id = 2",
        "2 COMMIT",
        "1 SELECT value FROM test WHERE id = 2",
        "1 COMMIT",
    ];
    for (level, pmp_seen, pmp_wrote, p4_wrote, g_single_seen) in [
        (RC, "0 [3] 0", "<0 [1] 0", "[10] <1 0", "[10] [18] 0"),
        (RR, "0 0 0", "<40001 25P02 0", "[10] <40001 0", "[10] [20] 0"),
        (SER, "0 0 0", "<40001 25P02 0", "[10] <40001 0", "[10] [20] 0"),
    ] {
        assert_eq!(all(&ground.play(level, &pmp).await, "1"), pmp_seen, "PMP, {level}");
        assert_eq!(all(&ground.play(level, &pmp_write).await, "2"), pmp_wrote, "PMP write, {level}");
        assert_eq!(all(&ground.play(level, &p4).await, "2"), p4_wrote, "P4, {level}");
        assert_eq!(all(&ground.play(level, &g_single).await, "1"), g_single_seen, "G-single, {level}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn write_skew_is_prevented_by_serializable_alone() {
    let ground = ground().await;
    let item = [
        "1 SELECT value FROM test WHERE id IN (1, 2)",
        "2 SELECT value FROM test WHERE id IN (1, 2)",
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "2 UPDATE test SET value = 21 WHERE id = 2",
        "1 COMMIT",
        "2 COMMIT",
    ];
    let predicate = [
        "1 SELECT id FROM test WHERE value % 3 = 0",
        "2 SELECT id FROM test WHERE value % 3 = 0",
        "1 INSERT INTO test VALUES (3, 30)",
        "2 INSERT INTO test VALUES (4, 42)",
        "1 COMMIT",
        "2 COMMIT",
    ];
    for lines in [item, predicate] {
        for (level, refused) in [(RC, 0), (RR, 0), (SER, 1)] {
            let history = ground.play(level, &lines).await;
            let states: Vec<&str> = history.refusals().map(|(_, sqlstate)| sqlstate).collect();
            assert_eq!(states, vec!["40001"; refused], "{level}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_of_two_claims_is_played() {
    let ground = ground().await;
    let claim = "SELECT id FROM test WHERE value > 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED";
    let steps = |claim: &'static str| {
        vec![
            Step::sql("begin", "BEGIN"),
            Step::sql("claim", claim),
            Step::after("work", |own| {
                let id = own.iter().find(|done| done.step == "claim")?.outcome.scalar()?.to_owned();
                Some(("UPDATE test SET value = -value WHERE id = ${id}".into(), Values::new().with("id", id)))
            }),
            Step::sql("commit", "COMMIT"),
        ]
    };
    let recorder = Recorder::default();
    let both = |claim| vec![ground.actor("A", steps(claim)), ground.actor("B", steps(claim))];
    let histories = ground.interleavings(both(claim)).run(&recorder).await.unwrap();
    assert_eq!(Some(histories.len() as u64), count(&[4, 4]));
    for history in &histories {
        assert!(!history.any_blocked() && history.refusals().count() == 0, "{history:?}");
        assert_eq!(observed(history), "1=-10 2=-20", "{history:?}");
        let claimed = |name| history.step(name, "claim").unwrap().outcome.scalar().unwrap();
        assert_ne!(claimed("A"), claimed("B"));
    }
    // Without the lock the same orders show double work, and one waits for the other.
    let naive = "SELECT id FROM test WHERE value > 0 ORDER BY id LIMIT 1";
    let histories = ground.interleavings(both(naive)).run(&recorder).await.unwrap();
    assert!(histories.iter().any(|history| observed(history) == "1=10 2=20" && history.any_blocked()));
    assert!(histories.iter().any(|history| observed(history) == "1=-10 2=-20"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_session_waits_its_turn_and_a_deadlock_ends() {
    let ground = ground().await;
    let deadlock = [
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "2 UPDATE test SET value = 22 WHERE id = 2",
        "1 UPDATE test SET value = 21 WHERE id = 2",
        "2 UPDATE test SET value = 12 WHERE id = 1",
        "3 SELECT value FROM test WHERE id = 1",
        "1 COMMIT",
        "2 COMMIT",
        "3 COMMIT",
    ];
    let history = ground.play(RC, &deadlock).await;
    let states: Vec<&str> = history.refusals().map(|(_, sqlstate)| sqlstate).collect();
    assert_eq!(states, ["40P01"]);
    // The third session's step came only after the deadlock was broken.
    let third = history.step("3", "1").unwrap();
    assert!(
        history
            .steps
            .iter()
            .filter(|step| step.ended < third.ended)
            .any(|step| step.outcome.sqlstate().is_some())
    );

    let stuck = [
        "1 UPDATE test SET value = 11 WHERE id = 1",
        "2 UPDATE test SET value = 12 WHERE id = 1",
        "2 UPDATE test SET value = 13 WHERE id = 1",
        "1 SELECT value FROM test WHERE id = 1",
        "1 COMMIT",
        "2 COMMIT",
    ];
    let history = ground.play(RC, &stuck).await;
    assert_eq!((all(&history, "2").as_str(), observed(&history)), ("<1 1 0", "1=13 2=20"));
    let ended: Vec<String> =
        history.steps.iter().skip(2).map(|s| format!("{}.{}", s.session, s.step)).collect();
    assert_eq!(ended, ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_never_let_go_is_an_error() {
    let ground = ground().await;
    let update = || Step::sql("update", "UPDATE test SET value = 0 WHERE id = 1");
    let actors = vec![
        ground.actor("A", vec![Step::sql("begin", "BEGIN"), update()]),
        ground.actor("B", vec![update()]),
    ];
    let mut interleavings = ground.interleavings(actors);
    interleavings.deadline = Duration::from_millis(200);
    let error = interleavings.play(&[vec![0, 0, 1]], &Recorder::default()).await.unwrap_err();
    assert!(error.to_string().contains("B.update stayed blocked by A"), "{error}");
    let error = interleavings.play(&[vec![0, 1]], &Recorder::default()).await.unwrap_err();
    assert!(error.to_string().contains("every step once"), "{error}");
}
