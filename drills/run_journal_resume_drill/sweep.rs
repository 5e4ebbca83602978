//! The sweep: a kill at every state that the messages between the Worker's side and Postgres can leave behind.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{StreamExt, TryStreamExt, iter};
use sor_gate::error::Result;
use sor_gate::fault::proxy::{Direction, Point, Statement, StatementKind, Trigger, WireToxic};

use super::bench::Bench;
use super::judge::{Struck, Sweep};
use super::observed::{Outcome, differences};

/// The part of the drill for which a break may rewrite the wire.
pub const PART: &str = "sweep";
/// Runs side by side.
const AT_ONCE: usize = 4;
const SOON: Duration = Duration::from_secs(10);

/// Message boundaries that leave the same durable state behind, whichever of them a Worker is killed at.
struct Class {
    /// The first and the last message.
    first: u64,
    last: u64,
    /// The boundary that stands for it.
    at: Point,
}

/// The messages that can change what a crash leaves behind: each statement outside of a transaction, and each end of one.
/// What runs inside a transaction does not, since the server rolls it back. With several connections no statement is
/// taken to be inside.
fn turning_points(statements: &[Statement], points: &[Point]) -> BTreeSet<u64> {
    let single = points.iter().all(|point| point.connection == 1);
    let mut inside = false;
    let mut turning = BTreeSet::new();
    for statement in statements.iter().filter(|statement| statement.kind != StatementKind::Parse) {
        let tag = |wanted: &str| statement.completed.iter().any(|tag| tag == wanted);
        let ends = tag("COMMIT") || tag("ROLLBACK");
        if !inside || ends || !single {
            turning.insert(statement.number);
        }
        inside = single && !ends && (inside || tag("BEGIN") || tag("START TRANSACTION"));
    }
    turning
}

/// Cuts a conversation into classes, each of which ends with a turning point. Behind a commit the boundary before its
/// reply stands for the class: done, and the answer lost. Elsewhere the seed picks one.
fn classes(points: &[Point], turning: &BTreeSet<u64>, seed: u64) -> Vec<Class> {
    let mut classes = Vec::new();
    let mut rest = points;
    while !rest.is_empty() {
        let end =
            rest.iter().position(|point| turning.contains(&point.number)).map_or(rest.len(), |at| at + 1);
        let (class, others) = rest.split_at(end);
        let lost = |point: &&Point| point.direction == Direction::ToClient && point.tag == b'C';
        let picked = class[usize::try_from(seed % class.len() as u64).unwrap_or(0)];
        let at =
            if classes.len() % 2 == 0 { class.iter().find(lost).copied().unwrap_or(picked) } else { picked };
        classes.push(Class { first: class[0].number, last: class[class.len() - 1].number, at });
        rest = others;
    }
    classes
}

/// One run that nobody kills shows the messages; then one run for each class is killed there and taken up again.
pub async fn sweep(bench: &Bench<'_>) -> Result<Sweep> {
    let run = "S-0";
    bench.seed(run).await?;
    let proxy = bench.proxy(bench.cx.wire_plan_in(PART)).await?;
    let worker = bench.start_through(run, "Worker A", Some(&proxy)).await?;
    let ended = bench.ended("Worker A", &worker).await?;
    let control = bench.outcome(run, ended, None).await?;
    let (points, statements) = (proxy.points(), proxy.statements());
    drop(proxy);
    let classes = classes(&points, &turning_points(&statements, &points), bench.cx.seed);
    let replies_lost = classes.iter().filter(|class| class.at.tag == b'C').count();
    let control = &control;
    let struck: Vec<Struck> = iter(classes)
        .map(|class| async move { strike(bench, &class, control).await })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Sweep { boundaries: points.len(), replies_lost, control: control.clone(), struck })
}

async fn strike(bench: &Bench<'_>, class: &Class, control: &Outcome) -> Result<Struck> {
    let (run, number) = (format!("S-{}", class.at.number), class.at.number);
    bench.seed(&run).await?;
    let plan = bench.cx.wire_plan_in(PART).and(Trigger::Boundary(number), WireToxic::Hold);
    let proxy = bench.proxy(plan).await?;
    let worker = bench.start_through(&run, "Worker A", Some(&proxy)).await?;
    let reached = tokio::select! {
        fired = proxy.wait_fired(SOON) => fired.is_ok(),
        _ = worker.wait_exit(SOON) => false,
    };
    let killed = worker.kill().await?;
    // With the proxy goes the connection: the message that was held never arrives.
    drop(proxy);
    let before = bench.read(&run).await?;
    bench.expire(&[&run]).await?;
    let again = match bench.cx.wire_plan_in(PART).is_clear() {
        true => None,
        false => Some(bench.proxy(bench.cx.wire_plan_in(PART)).await?),
    };
    let resumed = bench.start_through(&run, "Worker B", again.as_ref()).await?;
    let ended = bench.ended("Worker B", &resumed).await?;
    let end = bench.outcome(&run, ended, None).await?;
    let mut wrong = differences(&control.effects, &end.effects);
    let touched = before.done().into_iter().filter(|turn| before.digest(*turn) != end.journal.digest(*turn));
    wrong.extend(touched.map(|turn| format!("the row of turn {turn} changed")));
    if end.journal.turns.len() != control.journal.turns.len()
        || end.journal.done().len() != control.journal.turns.len()
    {
        wrong.push(format!("{}; {}", end.journal.tell(), end.ended.tell()));
    }
    let place = format!("before message {number}, {}", class.at.name());
    Ok(Struck { place, covers: (class.first, class.last), landed: reached && killed.landed(), wrong })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<Point> {
        let tags = [
            (true, 0),
            (false, b'R'),
            (true, b'Q'),
            (false, b'C'),
            (true, b'B'),
            (true, b'E'),
            (false, b'C'),
            (true, b'Q'),
            (false, b'C'),
        ];
        let point = |(number, (up, tag)): (u64, &(bool, u8))| Point {
            number,
            connection: 1,
            direction: if *up { Direction::ToServer } else { Direction::ToClient },
            tag: *tag,
        };
        (1..).zip(&tags).map(point).collect()
    }

    fn statements(tags: [&str; 3]) -> Vec<Statement> {
        let statement = |(number, tag): (u64, &str)| Statement {
            number,
            connection: 1,
            kind: StatementKind::Query,
            sql: String::new(),
            rewritten: None,
            params: None,
            completed: vec![tag.to_owned()],
            sqlstate: None,
        };
        [3, 6, 8].into_iter().zip(tags).map(statement).collect()
    }

    #[test]
    fn a_transaction_is_left_whole_or_not_at_all_and_every_message_is_covered() {
        let spans = |tags| {
            let turning = turning_points(&statements(tags), &points());
            let classes = classes(&points(), &turning, 5);
            assert!(classes.iter().all(|class| (class.first..=class.last).contains(&class.at.number)));
            classes.iter().map(|class| (class.first, class.last)).collect::<Vec<_>>()
        };
        assert_eq!(spans(["BEGIN", "INSERT 0 1", "COMMIT"]), [(1, 3), (4, 8), (9, 9)]);
        assert_eq!(spans(["DO", "INSERT 0 1", "COMMIT"]), [(1, 3), (4, 6), (7, 8), (9, 9)]);
    }
}
