//! A claimer that is killed: a real process, after its claim was committed.

use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::worker::StandIn;

use super::judge::{Attempt, Dead};
use super::queue::Queue;
use super::rescue::{PAUSE, Rescue};

/// Kills a claimer, then claims until its work can be had again.
pub async fn claimer(queue: &Queue<'_>) -> Result<Dead> {
    let ids = queue.ids("D", 1);
    queue.seed(&ids).await?;
    let role = &queue.cx.subject.roles.worker;
    let url = queue.cx.cluster.connect_info(role, &queue.cx.cluster.database()).url();
    let values = queue.as_worker("doomed").await?;
    let opening = queue.opening();
    let statements = [
        (opening.as_str(), &values),
        (&queue.tenancy.set, &values),
        (&queue.binding.claim, &values),
        ("COMMIT", &values),
    ];
    let doomed = StandIn::start(&queue.cx.scope, &url, role, &statements).await?;
    let held: Vec<String> = doomed.answer().iter().filter_map(|row| row.cells.first()?.clone()).collect();
    let killed = doomed.kill().await?;
    let (landed, event) =
        (killed.landed(), killed.event(&format!("it held still behind its claim of {}", ids.join(", "))));
    queue.cx.recorder.note("worker", format!("KILLED: {}", event.detail));
    let killed = event.detail.clone();
    queue.cx.recorder.faults(landed.then_some(event));
    for id in &ids {
        queue.cx.reach("claimer_killed", &values.clone().with("id", id)).await?;
    }
    let (at, bound) = (Instant::now(), queue.lease_seconds().await?);
    let allowed = queue.cx.subject.policy.rescue_s.map(f64::from);
    let rescue = Rescue::of(queue);
    let mut heir = Heir { queue, ids: &ids, held: &held, got: Vec::new(), rescue, at, aged: 0.0 };
    let at_once = heir.claim().await?;
    let (mut later, mut back) = (at_once.clone(), at_once.has_all(&held).then_some(0.0));
    // Behind what the policy allows the bound tells how long it takes after all.
    for limit in [allowed.filter(|allowed| *allowed < bound), Some(bound)].into_iter().flatten() {
        if back.is_none() {
            (later, back) = heir.wait(limit).await?;
        }
    }
    let aged = heir.aged;
    heir.rescue.stop().await?;
    let took = at.elapsed().as_secs_f64();
    Ok(Dead { held, landed, killed, at_once, later, back, aged, took, bound, allowed })
}

/// Who wants the work of the dead.
struct Heir<'a> {
    queue: &'a Queue<'a>,
    /// The rows as they were seeded, and as the dead claimer was answered.
    ids: &'a [String],
    held: &'a [String],
    got: Vec<String>,
    rescue: Rescue<'a>,
    /// When the claimer died, and by how many seconds its claim was made older since.
    at: Instant,
    aged: f64,
}

impl Heir<'_> {
    async fn claim(&mut self) -> Result<Attempt> {
        self.queue.try_claims("heir", self.held, &mut self.got).await
    }

    /// Claims until so many seconds after the kill, aged or waited for. Answers the last claim, and when the work was back:
    /// the age of the claim then, and the time that a program took to rescue it.
    async fn wait(&mut self, limit: f64) -> Result<(Attempt, Option<f64>)> {
        // A second more than the limit: what is due exactly now may not be yet.
        let more = if self.aged > 0.0 { limit - self.aged } else { limit + 1.0 };
        let was_aged = self.queue.age(self.ids, &format!("{more} s")).await?;
        let begun = Instant::now();
        let deadline = match was_aged {
            true => begun + self.rescue.patience(),
            false => self.at + Duration::from_secs_f64(limit + 1.0),
        };
        self.aged = if was_aged { limit } else { 0.0 };
        loop {
            let waited = self.at.elapsed();
            let over = self.rescue.go_on().await? && was_aged;
            let rescued = if self.rescue.is_program() { begun.elapsed() } else { Duration::ZERO };
            let claim = self.claim().await?;
            if claim.has_all(self.held) {
                let back =
                    if was_aged { limit + rescued.as_secs_f64() } else { waited.as_secs_f64().min(limit) };
                return Ok((claim, Some(back)));
            }
            if over || Instant::now() >= deadline {
                return Ok((claim, None));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
