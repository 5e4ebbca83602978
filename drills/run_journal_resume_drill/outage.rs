//! The server crashes: once, while a run stands at each of its points, and killed runs that resume at theirs.

use futures::future::try_join_all;
use futures::stream::{StreamExt, TryStreamExt, iter};
use sor_gate::error::Result;
use sor_gate::fault::sweep::{Strike, Struck};
use sor_gate::worker::AtPoint;

use super::bench::Bench;
use super::observed::{Outcome, RunState};
use super::sweep::{AT_ONCE, Swept, resume, stand, wrong};

/// Behind which part of the drill's time the server is not crashed any more.
const OUTAGE: f64 = 0.85;

/// A run at its point.
struct Standing {
    strike: Strike,
    run: String,
    worker: &'static str,
    at: AtPoint,
    landed: bool,
    /// The journal right after each blow so far.
    blows: Vec<RunState>,
}

/// Adds the crash of the server to the sweep. All points share one crash, which takes no more of a run than its
/// connections.
pub async fn outage(bench: &Bench<'_>, mut swept: Swept) -> Result<Swept> {
    let strikes = std::mem::take(&mut swept.in_outage);
    if strikes.is_empty() || bench.cx.is_late(OUTAGE) {
        swept.sweep.left_out += strikes.len();
        return Ok(swept);
    }
    let points = iter(strikes).map(|strike| async move { at_point(bench, strike).await });
    let mut standing: Vec<Standing> = points.buffered(AT_ONCE).try_collect().await?;
    for one in &mut standing {
        one.landed &= one.at.reached();
    }
    let many = standing.iter().filter(|one| one.landed).count();
    bench.cx.crash_server(&format!("{many} runs stood at their points")).await?;
    let bench = &bench.again().await?;
    let before = try_join_all(standing.iter().map(|one| bench.read(&one.run))).await?;
    standing.iter_mut().zip(before).for_each(|(one, before)| one.blows.push(before));
    standing.iter().for_each(|one| one.at.cut(&bench.cx.recorder));
    try_join_all(standing.iter().map(|one| bench.ended(one.worker, &one.at.worker))).await?;

    let control = &swept.control;
    let ends = iter(standing).map(|one| async move { end(bench, one, control).await });
    let struck: Vec<Struck> = ends.buffered(AT_ONCE).try_collect().await?;
    swept.sweep.struck.extend(struck);
    Ok(swept)
}

/// Brings a run to its point; for a second blow, after a kill at its first.
async fn at_point(bench: &Bench<'_>, strike: Strike) -> Result<Standing> {
    let run = strike.name();
    bench.seed(&run).await?;
    let at = stand(bench, &run, "Worker A", &strike.first).await?;
    let Some(then) = &strike.then else {
        return Ok(Standing { strike, run, worker: "Worker A", at, landed: true, blows: Vec::new() });
    };
    let landed = at.kill(&bench.cx.recorder).await?;
    let blows = vec![bench.read(&run).await?];
    bench.expire(&[&run]).await?;
    let at = stand(bench, &run, "Worker B", then).await?;
    Ok(Standing { strike, run, worker: "Worker B", at, landed, blows })
}

/// Lets another Worker finish a run whose server crashed.
async fn end(bench: &Bench<'_>, one: Standing, control: &Outcome) -> Result<Struck> {
    let (end, _) = resume(bench, &one.run, "Worker C").await?;
    Ok(one.strike.struck(one.landed, wrong(bench, &one.blows, &end, control)))
}
