//! The sweep: a kill at every state that the messages between the Worker's side and Postgres can leave behind.

use std::future::ready;
use std::time::Duration;

use futures::stream::{StreamExt, TryStreamExt, iter};
use sor_gate::error::Result;
use sor_gate::fault::proxy::{Trigger, WireToxic};
use sor_gate::fault::sweep::{Blow, Conversation, CrashPoint, Strike, Struck, Sweep, second_places, some_of};
use sor_gate::worker::AtPoint;

use super::bench::Bench;
use super::breaks;
use super::observed::{Outcome, RunState};

/// The part of the drill for which a break may rewrite the wire.
pub const PART: &str = "sweep";
/// Behind which part of the drill's time no run is begun any more that is killed, and none that is killed twice: what is
/// left of it goes to the runs under way. A Worker that is slow to start then still has its other verdicts.
const KILLS: f64 = 0.75;
const SECOND_KILLS: f64 = 0.8;
/// Runs side by side.
pub const AT_ONCE: usize = 4;
/// An idle machine needs no hundredth of it; what never comes is mostly told by the end of a program.
const SOON: Duration = Duration::from_secs(60);

/// The kills, and what is left for a crash of the server.
pub struct Swept {
    pub control: Outcome,
    pub sweep: Sweep,
    pub in_outage: Vec<Strike>,
}

/// One run that nobody kills shows the messages; then one run for each class is killed there and taken up again. Each kind of
/// statement that was seen while resuming has a place for a second blow: a kill and a crash of the server in turn.
pub async fn sweep(bench: &Bench<'_>) -> Result<Swept> {
    let (control, spoken, by_the_proxy) = uncrashed(bench).await?;
    let (seed, server_is_ours) = (bench.cx.seed, bench.cx.cluster.may_crash());
    let sampled = bench.cx.aims_elsewhere(breaks::ALL, "every_crash_point");
    let classes = some_of(spoken.classes(seed), sampled, seed);
    let replies_lost = classes.iter().filter(|class| class.loses_reply()).count();
    let at = &control;
    let mut left_out = classes.len();
    let kills = iter(classes).take_while(|_| ready(!bench.cx.is_late(KILLS)));
    let kills = kills.map(|class| async move { strike(bench, class, at).await });
    let killed: Vec<_> = kills.buffered(AT_ONCE).try_collect().await?;
    left_out -= killed.len();
    let (mut struck, mut resumed) = (Vec::new(), Vec::new());
    for (class, blow, spoken) in killed {
        resumed.push((class, spoken));
        struck.push(blow);
    }
    let (mut again, mut in_outage) = (Vec::new(), Vec::new());
    // Of a sample one place for each kind of second blow.
    let most = if sampled { 2 } else { usize::MAX };
    for (at, (first, then)) in second_places(&resumed, seed).into_iter().take(most).enumerate() {
        match at % 2 == 0 && server_is_ours {
            true => in_outage.push(Strike::again(Blow::SecondServerCrash, first, then)),
            false => again.push(Strike::again(Blow::SecondKill, first, then)),
        }
    }
    left_out += again.len();
    let again = iter(again).take_while(|_| ready(!bench.cx.is_late(SECOND_KILLS)));
    let again = again.map(|strike| async move { strike_again(bench, strike, at).await });
    let again: Vec<Struck> = again.buffered(AT_ONCE).try_collect().await?;
    left_out -= again.len();
    struck.extend(again);
    if server_is_ours {
        let points = some_of(spoken.of_each_kind(seed), sampled, seed).into_iter();
        in_outage.extend(points.map(|point| Strike::once(Blow::ServerCrash, point)));
    }
    let boundaries = spoken.points.len();
    let sweep = Sweep { boundaries, replies_lost, by_the_proxy, sampled, server_is_ours, left_out, struck };
    Ok(Swept { control, sweep, in_outage })
}

async fn uncrashed(bench: &Bench<'_>) -> Result<(Outcome, Conversation, bool)> {
    let run = "S-0";
    bench.seed(run).await?;
    let proxy = bench.proxy(bench.cx.wire_plan_in(PART)).await?;
    let worker = bench.start_through(run, "Worker A", Some(&proxy)).await?;
    let ended = bench.ended("Worker A", &worker).await?;
    let control = bench.outcome(run, ended, None).await?;
    let by_the_proxy = bench.backends(run).await?.is_subset(&proxy.backends());
    Ok((control, proxy.conversation(), by_the_proxy))
}

/// Starts a Worker that comes to stand at a point.
pub async fn stand(bench: &Bench<'_>, run: &str, worker: &str, point: &CrashPoint) -> Result<AtPoint> {
    let plan = bench.cx.wire_plan_in(PART).and(Trigger::Boundary(point.at.number), WireToxic::Hold);
    let proxy = bench.proxy(plan).await?;
    let worker = bench.start_through(run, worker, Some(&proxy)).await?;
    AtPoint::reach_by_worker(bench.cx, worker, proxy, SOON).await
}

async fn strike(
    bench: &Bench<'_>,
    class: CrashPoint,
    control: &Outcome,
) -> Result<(CrashPoint, Struck, Conversation)> {
    let strike = Strike::once(Blow::Kill, class);
    let run = strike.name();
    bench.seed(&run).await?;
    let landed = stand(bench, &run, "Worker A", &strike.first).await?.kill(&bench.cx.recorder).await?;
    let before = bench.read(&run).await?;
    let (end, resumed) = resume(bench, &run, "Worker B").await?;
    let struck = strike.struck(landed, wrong(bench, &[before], &end, control));
    Ok((strike.first, struck, resumed))
}

async fn strike_again(bench: &Bench<'_>, strike: Strike, control: &Outcome) -> Result<Struck> {
    let run = strike.name();
    bench.seed(&run).await?;
    let mut landed = stand(bench, &run, "Worker A", &strike.first).await?.kill(&bench.cx.recorder).await?;
    let mut blows = vec![bench.read(&run).await?];
    if let Some(then) = &strike.then {
        bench.expire(&[&run]).await?;
        landed &= stand(bench, &run, "Worker B", then).await?.kill(&bench.cx.recorder).await?;
        blows.push(bench.read(&run).await?);
    }
    let (end, _) = resume(bench, &run, "Worker C").await?;
    Ok(strike.struck(landed, wrong(bench, &blows, &end, control)))
}

/// Lets the lease run out and another Worker finish the run.
pub async fn resume(bench: &Bench<'_>, run: &str, worker: &str) -> Result<(Outcome, Conversation)> {
    bench.expire(&[run]).await?;
    let proxy = bench.proxy(bench.cx.wire_plan_in(PART)).await?;
    let resumed = bench.start_through(run, worker, Some(&proxy)).await?;
    let ended = bench.ended(worker, &resumed).await?;
    Ok((bench.outcome(run, ended, None).await?, proxy.conversation()))
}

/// Where a run differs from one without a crash; `blows` are its journals right after each blow.
pub fn wrong(bench: &Bench<'_>, blows: &[RunState], end: &Outcome, control: &Outcome) -> Vec<String> {
    let struck: Vec<&RunState> = blows.iter().collect();
    let mut wrong = bench.repeats.differences(&control.effects, &struck, &end.effects);
    if let Some(last) = blows.last() {
        let touched = last.done().into_iter().filter(|turn| last.digest(*turn) != end.journal.digest(*turn));
        wrong.extend(touched.map(|turn| format!("the row of turn {turn} changed")));
    }
    let turns = control.journal.turns.len();
    if end.journal.turns.len() != turns || end.journal.done().len() != turns {
        wrong.push(format!("{}; {}", end.journal.tell(), end.ended.tell()));
    }
    wrong
}
