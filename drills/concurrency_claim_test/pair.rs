//! Two Workers: A claims and stays open, B comes.

use std::time::Duration;

use sor_gate::error::{Error, Result};
use sor_gate::rewrite;
use sor_gate::session::Session;
use sor_gate::template::Values;

use super::judge::{Attempt, Calibration, Pair, Protection};
use super::queue::Queue;

/// Longest that a blocked claim may take once A has committed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Lets A claim and hold, B claim meanwhile, and a third, unprotected claim show what the set-up would reveal.
pub async fn race(queue: &Queue<'_>) -> Result<Pair> {
    queue.seed(&queue.ids("P", 3)).await?;
    let (a, b, c) = tokio::try_join!(
        queue.cx.worker_session("A"),
        queue.cx.worker_session("B"),
        queue.cx.worker_session("calibration")
    )?;
    let a_pid = a.pid().await?;
    queue.open(&a, "A").await?;
    let first = queue.claim(&a, "A").await?;
    queue.open(&b, "B").await?;
    let lock_timeout = b.must("SHOW lock_timeout", &Values::new()).await?.first("lock_timeout")?;
    let Raced { second, waited, mut first } = watched(queue, &b, a_pid, &a, first).await?;
    let open = if waited { false } else { in_transaction(queue, a_pid).await? };
    let mut calibration = None;
    if !waited && queue.binding.isolation.is_some() {
        calibration = calibrate_isolation(queue, &c, &first).await?;
    }
    let second = queue.end(&b, "B", second).await?;
    if !waited && calibration.is_none() {
        calibration = calibrate(queue, &c, a_pid, &a, &first).await?;
    }
    if !waited && calibration.as_ref().is_none_or(|without| without.without == Protection::Isolation) {
        first = queue.end(&a, "A", first).await?;
    }
    for (session, worker, attempt) in [(&a, "A", &first), (&b, "B", &second)] {
        for id in attempt.ids() {
            queue.done(session, worker, id).await?;
        }
    }
    Ok(Pair { first, second, waited, open, lock_timeout, calibration })
}

/// What came of B's claim.
struct Raced {
    first: Attempt,
    second: Attempt,
    waited: bool,
}

/// B claims while A is open. When the claim is seen to be blocked by A, A commits, so that it can end.
async fn watched(
    queue: &Queue<'_>,
    session: &Session,
    a_pid: i32,
    a: &Session,
    first: Attempt,
) -> Result<Raced> {
    let claim = queue.claim(session, "B");
    tokio::pin!(claim);
    let blocked = queue.cx.wait_blocked_by(a_pid, 1);
    tokio::select! {
        biased;
        attempt = &mut claim => Ok(Raced { first, second: attempt?, waited: false }),
        blocked = blocked => {
            if blocked? == 0 {
                return Err(Error::harness("B neither answered nor was blocked by A"));
            }
            let first = queue.end(a, "A", first).await?;
            let second = tokio::time::timeout(PATIENCE, claim).await;
            let second = second.map_err(|_| Error::harness("B stayed blocked after A had committed"))??;
            Ok(Raced { first, second, waited: true })
        }
    }
}

/// The subject's claim at the server's own isolation, while A and B are open: it must be seen to take A's row.
async fn calibrate_isolation(
    queue: &Queue<'_>,
    session: &Session,
    first: &Attempt,
) -> Result<Option<Calibration>> {
    if rewrite::without_locking(&queue.binding.claim).is_some() {
        return Ok(None);
    }
    let values = queue.as_worker("calibration").await?;
    queue.begin(session).await?;
    let outcome = session.attempt(&queue.binding.claim, &values).await?;
    session.must("ROLLBACK", &Values::new()).await?;
    let took = queue.claimed_of(&outcome)?;
    let (without, held) = (Protection::Isolation, first.clone());
    Ok(Some(Calibration { without, waited: false, took, held }))
}

/// The subject's claim without its lock, or a plain lock where it has none, in the same set-up: it must be seen to
/// wait for A, and to take A's row once A has committed.
async fn calibrate(
    queue: &Queue<'_>,
    session: &Session,
    a_pid: i32,
    a: &Session,
    first: &Attempt,
) -> Result<Option<Calibration>> {
    let Some(bare) = rewrite::without_locking(&queue.binding.claim) else { return Ok(None) };
    queue.begin(session).await?;
    let values = queue.as_worker("calibration").await?;
    let claim = session.attempt(&bare, &values);
    tokio::pin!(claim);
    let waited = tokio::select! {
        biased;
        done = &mut claim => { done?; 0 }
        blocked = queue.cx.wait_blocked_by(a_pid, 1) => blocked?,
    };
    let (without, held) = (Protection::Lock, first.clone());
    queue.end(a, "A", first.clone()).await?;
    if waited == 0 {
        session.must("ROLLBACK", &Values::new()).await?;
        return Ok(Some(Calibration { without, waited: false, took: Attempt::Empty, held }));
    }
    let outcome = tokio::time::timeout(PATIENCE, claim).await;
    let outcome = outcome.map_err(|_| Error::harness("the unprotected claim stayed blocked"))??;
    let took = queue.claimed_of(&outcome)?;
    session.must("ROLLBACK", &Values::new()).await?;
    Ok(Some(Calibration { without, waited: true, took, held }))
}

async fn in_transaction(queue: &Queue<'_>, pid: i32) -> Result<bool> {
    let sql = "SELECT state = 'idle in transaction' AS open FROM pg_stat_activity WHERE pid = ${pid}::int";
    Ok(queue.admin.must(sql, &Values::new().with("pid", pid)).await?.first("open")? == "true")
}
