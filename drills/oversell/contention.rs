//! Orders on one row by more and more buyers at once.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use sor_gate::benchmark::{Benchmark, Measurement};
use sor_gate::error::{Error, Result};

use super::crowd::{Crowd, Queue};
use super::order::{Answer, Till};

/// How long each number of buyers is measured.
const SPAN: Duration = Duration::from_millis(10);
/// Who is still beaten by then goes away: late orders alone would measure fewer buyers at once.
const CLOSING: Duration = Duration::from_millis(30);
/// More than anybody sells in that time.
const PIECES: u64 = 50_000;

/// Measures each way to order with 1, 2, 4 … buyers at once.
pub async fn sweep(crowd: &Crowd<'_>, queues: &[Queue<'_>]) -> Result<Benchmark> {
    let mut measurements = Vec::new();
    for queue in queues {
        let doubled = std::iter::successors(Some(1), |at_once| Some(at_once * 2));
        for at_once in doubled.take_while(|at_once| *at_once <= crowd.sessions.len()) {
            measurements.push(measure(crowd, queue, at_once).await?);
        }
    }
    Ok(Benchmark {
        title: "Orders on one row, by buyers at once".into(),
        unit: "orders".into(),
        measurements,
    })
}

async fn measure(crowd: &Crowd<'_>, queue: &Queue<'_>, at_once: usize) -> Result<Measurement> {
    let sale = crowd.open(PIECES).await?;
    let (next, began) = (AtomicU64::new(1), Instant::now());
    let work = |till| {
        let next = &next;
        async move {
            let till: &Till<'_> = till;
            let (mut each, mut again) = (Vec::new(), 0);
            while began.elapsed() < SPAN {
                let from = Instant::now();
                let late = || began.elapsed() >= CLOSING;
                let (answer, beaten) = till.serve(sale, next.fetch_add(1, Relaxed), late).await?;
                again += beaten;
                if answer == Answer::Ordered {
                    each.push(from.elapsed());
                }
            }
            Ok::<_, Error>((each, again))
        }
    };
    let all = try_join_all(queue.tills.iter().take(at_once).map(work)).await?;
    let took = began.elapsed();
    let again = all.iter().map(|(_, again)| again).sum();
    let each = all.into_iter().flat_map(|(each, _)| each).collect();
    Ok(Measurement::of(queue.guard.name(), at_once, took, each, again))
}
