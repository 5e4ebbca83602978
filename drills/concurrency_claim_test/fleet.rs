//! A fleet: every Worker claims once while all others hold their claims, then all work until nothing is left.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use futures::future::try_join_all;
use sor_gate::error::Result;
use tokio::sync::Barrier;

use super::judge::{Attempt, Fleet};
use super::queue::Queue;

/// Rows for each Worker of the fleet.
const ROWS_EACH: usize = 4;

/// Runs the queue dry. With `hold` the first claims are all open at once; claims that wait for each other cannot be.
pub async fn run(queue: &Queue<'_>, workers: usize, hold: bool) -> Result<Fleet> {
    let ids: Vec<String> = (1..=workers * ROWS_EACH).map(|n| format!("F-{n:05}")).collect();
    queue.seed(&ids).await?;
    let before: Vec<String> =
        queue.rows().await?.into_iter().filter(|(_, status)| status == "pending").map(|(id, _)| id).collect();
    let names: Vec<String> = (1..=workers).map(|n| format!("worker {n}")).collect();
    let sessions = try_join_all(names.iter().map(|name| queue.cx.worker_session(name))).await?;
    let all_hold = Barrier::new(workers);
    // More claims than rows and Workers can only mean that rows are claimed again, or that no claim gets through.
    let claims_left = AtomicUsize::new(before.len() + 2 * workers);
    let work = names.iter().zip(&sessions).map(async |(name, session)| -> Result<Vec<Attempt>> {
        let mut history = Vec::new();
        while claims_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            queue.begin(session).await?;
            let attempt = queue.claim(session, name).await?;
            if hold && history.is_empty() {
                all_hold.wait().await;
            }
            queue.end(session, &attempt).await?;
            history.push(attempt.clone());
            match attempt {
                Attempt::Claimed(id) => queue.done(session, name, &id).await?,
                Attempt::Empty => break,
                Attempt::Refused(_) => {}
            }
        }
        Ok(history)
    });
    let histories = try_join_all(work).await?;
    let after = queue.rows().await?;
    let left: Vec<String> = after
        .into_iter()
        .filter(|(id, status)| before.contains(id) && status != "done")
        .map(|(id, _)| id)
        .collect();
    Ok(Fleet { rows: before, histories, left, held: hold })
}
