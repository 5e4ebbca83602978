//! A claimer that is killed: a real process, after its claim was committed.

use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::worker::StandIn;

use super::judge::{Attempt, Dead};
use super::queue::Queue;
use super::rescue::{PAUSE, Rescue};

const ROW: &str = "D-001";

/// Kills a claimer, then claims until its row can be had again.
pub async fn claimer(queue: &Queue<'_>) -> Result<Dead> {
    queue.seed(&[ROW.to_owned()]).await?;
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
    let held = doomed.answer().and_then(|row| row.cells.first().cloned().flatten());
    let killed = doomed.kill().await?;
    let (landed, event) =
        (killed.landed(), killed.event(&format!("it held still behind its claim of {ROW}")));
    queue.cx.recorder.note("worker", format!("KILLED: {}", event.detail));
    let killed = event.detail.clone();
    queue.cx.recorder.faults(landed.then_some(event));
    queue.cx.reach("claimer_killed", &values.with("id", ROW)).await?;
    let at = Instant::now();
    let bound = queue.lease_seconds().await?;
    let at_once = queue.try_claim("heir").await?;
    let mut aged = 0.0;
    let mut later = at_once.clone();
    let heir = held.clone().map(Attempt::Claimed);
    if Some(&at_once) != heir.as_ref() {
        let mut rescue = Rescue::of(queue);
        // A second more than the bound: what is due exactly now may not be yet.
        let was_aged = queue.age(ROW, &format!("{} s", bound + 1.0)).await?;
        let deadline = match was_aged {
            true => Instant::now() + rescue.patience(),
            false => at + Duration::from_secs_f64(bound + 1.0),
        };
        aged = if was_aged { bound } else { 0.0 };
        loop {
            let over = rescue.go_on().await? && was_aged;
            later = queue.try_claim("heir").await?;
            if Some(&later) == heir.as_ref() || over || Instant::now() >= deadline {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        rescue.stop().await?;
    }
    Ok(Dead { held, landed, killed, at_once, later, aged, took: at.elapsed().as_secs_f64(), bound })
}
