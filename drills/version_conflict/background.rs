//! The background updater: held before each write while somebody else edits the row.

use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::fault::proxy::{Trigger, WireMessage, WirePlan, WireProxy, WireToxic};
use sor_gate::rewrite;
use sor_gate::subject::Updater;
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Worker};

use super::BACKGROUND;
use super::door::{Door, Written};
use super::judge::{Background, Updated};
use super::rows::Ground;

/// What the updater writes.
const OWN: &str = "by the updater";

impl Ground<'_> {
    /// In conflict at every attempt, and in conflict once.
    pub async fn background(&self) -> Result<Option<Background>> {
        let Some(updater) = &self.binding.updater else { return Ok(None) };
        let attempts = updater.pauses_ms.len() + 1;
        let (always, once) = tokio::try_join!(self.updated(updater, attempts), self.updated(updater, 1))?;
        Ok(Some(Background { pauses_ms: updater.pauses_ms.clone(), always, once }))
    }

    /// Lets it meet so many conflicts. One attempt more than it may make is seen, and ends it.
    async fn updated(&self, updater: &Updater, conflicts: usize) -> Result<Updated> {
        let (cx, table, role) = (self.cx, self.table()?, &self.cx.subject.roles.worker);
        let id = self.row(table, "first").await?;
        let most = updater.pauses_ms.len() + 1;
        let proxy = cx.proxy(role, holding(cx.wire_plan_in(BACKGROUND), updater)).await?;
        let values = Values::new().with("id", &id).with("text", OWN);
        let assignment = Assignment::with("updater", values).through(proxy.connect_info());
        let worker = cx.start_program("updater", &updater.program, role, &assignment).await?;
        let door = Door::Sql(Box::new(cx.worker_session("somebody else").await?), table);
        let (mut attempts, mut pauses, mut let_go) = (0, Vec::new(), None::<Instant>);
        while attempts <= most && reaches(&worker, &proxy, attempts + 1, updater.program.timeout()).await {
            attempts += 1;
            pauses.extend(let_go.map(|since| since.elapsed()));
            if attempts <= conflicts {
                overtake(&door, &id, attempts).await?;
            }
            let_go = Some(Instant::now());
            proxy.release();
        }
        let ended = match worker.process().ended() {
            Some(status) => Some(status.success()),
            None => {
                worker.kill().await?;
                None
            }
        };
        cx.recorder.faults(proxy.events());
        let content = door.read(&id).await?.content;
        Ok(Updated { attempts, pauses, ended, own: content == OWN, content })
    }
}

/// Somebody else edits the row, on its current version.
async fn overtake(door: &Door<'_>, id: &str, n: usize) -> Result<Written> {
    let current = door.read(id).await?;
    door.write(id, &current.version, &format!("by somebody else, {n}")).await
}

/// Waits until it is held for the `n`th time; not so when it has ended, or nothing happens in time.
async fn reaches(worker: &Worker, proxy: &WireProxy, n: usize, patience: Duration) -> bool {
    tokio::select! {
        biased;
        () = proxy.held(n) => true,
        _ = worker.wait_exit(patience) => false,
    }
}

fn holding(plan: WirePlan, updater: &Updater) -> WirePlan {
    let text = updater.held_at.clone();
    let picks = move |message: &WireMessage<'_>| {
        let held = |sql: &str| text.as_ref().map_or_else(|| rewrite::writes(sql), |text| sql.contains(text));
        message.runs() && message.sql.is_some_and(held)
    };
    plan.and(Trigger::every(picks), WireToxic::Hold)
}
