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
    let at = Instant::now();
    let bound = queue.lease_seconds().await?;
    let mut got = Vec::new();
    let at_once = queue.try_claims("heir", &held, &mut got).await?;
    let mut aged = 0.0;
    let mut later = at_once.clone();
    let back = |claim: &Attempt| held.iter().all(|id| claim.ids().contains(id));
    if !back(&at_once) {
        let mut rescue = Rescue::of(queue);
        // A second more than the bound: what is due exactly now may not be yet.
        let was_aged = queue.age(&ids, &format!("{} s", bound + 1.0)).await?;
        let deadline = match was_aged {
            true => Instant::now() + rescue.patience(),
            false => at + Duration::from_secs_f64(bound + 1.0),
        };
        aged = if was_aged { bound } else { 0.0 };
        loop {
            let over = rescue.go_on().await? && was_aged;
            later = queue.try_claims("heir", &held, &mut got).await?;
            if back(&later) || over || Instant::now() >= deadline {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        rescue.stop().await?;
    }
    Ok(Dead { held, landed, killed, at_once, later, aged, took: at.elapsed().as_secs_f64(), bound })
}
