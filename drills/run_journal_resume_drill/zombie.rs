//! The zombie: a Worker that is frozen between two transactions, loses its run, and wakes up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sor_gate::error::Result;
use sor_gate::fault::proxy::{Direction, Trigger, WireMessage, WireToxic};
use sor_gate::fault::{FaultEvent, FaultKind};

use super::bench::Bench;
use super::judge::Zombie;

/// Behind which commit it is frozen, if a turn is open then; otherwise behind the next.
const COMMITS: std::ops::Range<usize> = 4..12;
/// An idle machine needs no hundredth of it; what never comes is mostly told by the end of a program.
const SOON: Duration = Duration::from_secs(60);
/// How long one that goes on for ever is silent when it has nothing more to say.
const QUIET: Duration = Duration::from_secs(2);

pub async fn zombie(bench: &Bench<'_>) -> Result<Zombie> {
    let mut seen = Zombie::default();
    for commits in COMMITS {
        let run = format!("Z-{commits}");
        let over;
        (seen, over) = frozen_behind(bench, &run, commits).await?;
        if seen.frozen || over {
            break;
        }
    }
    Ok(seen)
}

/// What was seen, and whether the run was over before so many commits.
async fn frozen_behind(bench: &Bench<'_>, run: &str, commits: usize) -> Result<(Zombie, bool)> {
    bench.seed(run).await?;
    let proxy = bench.proxy(bench.cx.wire_plan().and(behind(commits), WireToxic::Hold)).await?;
    let worker = bench.start_through(run, "Worker A", Some(&proxy)).await?;
    let reached = bench.cx.worker_held(&worker, &proxy, SOON).await?.is_some();
    let journal = bench.read(run).await?;
    if !reached || journal.at_gap() != "open" || journal.gap() < 2 {
        worker.kill().await?;
        return Ok((Zombie { at_freeze: journal, ..Zombie::default() }, !reached));
    }
    worker.pause()?;
    let frozen = format!("SIGSTOP to the process group on run {run}: {}", journal.tell());
    bench.cx.recorder.note("worker", format!("FROZEN: {frozen}"));
    bench.cx.recorder.faults([FaultEvent::now(FaultKind::Freeze, frozen)]);
    bench.cx.reach("zombie_frozen", &bench.values(run)).await?;
    bench.expire(&[run]).await?;
    let counted = bench.proxy(bench.cx.wire_plan()).await?;
    let other = bench.start_through(run, "Worker B", Some(&counted)).await?;
    let finisher = bench.ended("Worker B", &other).await?;
    bench.cx.reach("before_zombie_wakes", &bench.values(run)).await?;
    let before = bench.outcome(run, finisher, None).await?;
    let passed = proxy.boundaries();
    worker.resume()?;
    proxy.release();
    bench.cx.recorder.note("worker", format!("AWAKE on run {run} (SIGCONT)"));
    if bench.goes_on() {
        // Its run is over, so that it would be told to stop at once. The rest of the run is no more than another needed for it.
        tokio::select! {
            () = proxy.settled(QUIET, passed + counted.boundaries()) => {}
            _ = worker.wait_exit(SOON) => {}
        }
    }
    let woken = bench.ended("Worker A", &worker).await?;
    let sent = proxy.boundaries().saturating_sub(passed);
    bench.cx.recorder.faults(proxy.events());
    let after = bench.outcome(run, woken, None).await?;
    Ok((Zombie { frozen: true, at_freeze: journal, before, after, sent }, false))
}

/// The first message to the server behind so many commits: no transaction is open then, so that the zombie holds no lock.
fn behind(commits: usize) -> Trigger {
    let seen = Arc::new(AtomicUsize::new(0));
    Trigger::first(move |message: &WireMessage<'_>| {
        if message.tells_commit() {
            seen.fetch_add(1, Ordering::Relaxed);
        }
        message.direction == Direction::ToServer && seen.load(Ordering::Relaxed) >= commits
    })
}
