//! The crashes: three runs killed in mid-turn and taken up again, beside one that nobody kills.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::future::try_join_all;
use sor_gate::error::{Error, Result};
use sor_gate::worker::Worker;

use super::bench::Bench;
use super::judge::{Crashed, CrashedTwice, TwoResumers};
use super::observed::{Kill, Outcome};

/// A kill that did not land in mid-turn is repeated on a run of its own, so often in all.
const ROUNDS: usize = 3;

/// What became of the four runs.
pub struct Seen {
    pub control: Outcome,
    pub crashed: Crashed,
    pub two: TwoResumers,
    pub twice: CrashedTwice,
}

/// Does the deed. All runs are held by the same lock and let go together, so that they cost the time of one.
pub async fn crash(bench: &Bench<'_>) -> Result<Seen> {
    let ([one, two, twice], [killed, killed_two, first]) = kill_three(bench).await?;
    let (one, two, twice, control) = (one.as_str(), two.as_str(), twice.as_str(), "R-0");
    bench.cx.reach("before_resume", &bench.values(one)).await?;
    bench.expire(&[one, two, twice]).await?;
    bench.cx.reach("before_two_resume", &bench.values(two)).await?;
    let dead = bench.waiting().await?;

    // The hold is still there: whoever resumes stops in mid-turn, where it can be counted and killed again.
    let (left, right, again) = tokio::try_join!(
        bench.start(two, "Worker B"),
        bench.start(two, "Worker C"),
        bench.start(twice, "Worker B")
    )?;
    let standing = bench.at_hold(&[&left, &right, &again], &dead).await?;
    let waits = usize::from(again.process().ended().is_none() && standing > 0);
    let at_work = standing - waits;
    let (gone, working): (Vec<_>, Vec<_>) = [("Worker B", &left), ("Worker C", &right)]
        .into_iter()
        .partition(|(_, worker)| worker.process().ended().is_some());
    let polite = try_join_all(gone.iter().map(|(name, worker)| bench.ended(name, worker))).await?;
    let second = bench.kill(twice, &again, waits == 1, "after_second_kill").await?;
    bench.expire(&[twice]).await?;
    bench.cx.reach("before_second_resume", &bench.values(twice)).await?;

    bench.seed(control).await?;
    let backends = &dead | &bench.waiting().await?;
    bench.release().await?;
    bench.gone(&dead).await?;
    bench.cx.reach("after_release", &bench.values(one)).await?;
    let finish = async |run: &str, name: &str| {
        let begun = Instant::now();
        let ended = bench.ended(name, &bench.start(run, name).await?).await?;
        Ok::<_, Error>((ended, begun.elapsed()))
    };
    let ((resumed, worked), (resumed_again, _), (uncrashed, _), finished) = tokio::try_join!(
        finish(one, "Worker B"),
        finish(twice, "Worker C"),
        finish(control, "Worker A"),
        try_join_all(working.iter().map(|(name, worker)| bench.ended(name, worker)))
    )?;
    bench.gone(&backends).await?;
    bench.cx.reach("after_resume", &bench.values(one)).await?;
    let sink = bench.deliver().await?;
    let last = finished.iter().chain(&polite).next().cloned().unwrap_or_default();
    let stopped = if bench.goes_on() { finished } else { Vec::new() };
    let (one, twice, two, control) = tokio::try_join!(
        bench.outcome(one, resumed, sink.as_ref()),
        bench.outcome(twice, resumed_again, sink.as_ref()),
        bench.outcome(two, last, sink.as_ref()),
        bench.outcome(control, uncrashed, sink.as_ref())
    )?;
    let left_alone = bench.left_alone().await?;
    Ok(Seen {
        control,
        crashed: Crashed { kill: killed, end: one, took: left_alone + worked.as_secs_f64() },
        two: TwoResumers { kill: killed_two, at_work, left: polite, stopped, end: two },
        twice: CrashedTwice { first, second, end: twice },
    })
}

/// Starts three runs, waits until each is in mid-turn, and kills all three Workers.
async fn kill_three(bench: &Bench<'_>) -> Result<([String; 3], [Kill; 3])> {
    let mut round = 1;
    loop {
        let runs = ["R-1", "R-2", "R-3"].map(|run| match round {
            1 => run.to_owned(),
            _ => format!("{run}-{round}"),
        });
        let [one, two, three] = [&*runs[0], &*runs[1], &*runs[2]];
        try_join_all(runs.iter().map(|run| bench.seed(run))).await?;
        bench.hold(&[one, two, three]).await?;
        let name = "Worker A";
        let (a, b, c) =
            tokio::try_join!(bench.start(one, name), bench.start(two, name), bench.start(three, name))?;
        let standing = bench.at_hold(&[&a, &b, &c], &BTreeSet::new()).await?;
        let waited = |worker: &Worker| worker.process().ended().is_none() && standing == 3;
        let (wa, wb, wc) = (waited(&a), waited(&b), waited(&c));
        let kills = tokio::try_join!(
            bench.kill(one, &a, wa, "after_kill"),
            bench.kill(two, &b, wb, "after_kill_two"),
            bench.kill(three, &c, wc, "after_kill_twice")
        )?;
        let kills: [Kill; 3] = kills.into();
        if round == ROUNDS || kills.iter().all(|kill| kill.miss().is_none()) {
            return Ok((runs, kills));
        }
        bench.release().await?;
        round += 1;
    }
}
