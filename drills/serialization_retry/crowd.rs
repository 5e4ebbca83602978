//! Many writers of one account: all are held between their first read and their first write, and let go at one moment.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures::future::{join_all, select_all, try_join_all};
use sor_gate::error::Result;
use sor_gate::fault::proxy::{Trigger, WirePlan, WireToxic};

use super::judge::{Crowd, attempts};
use super::yard::Yard;

/// Each is a process of its own; more of them show nothing more.
const MOST: usize = 8;

impl Yard<'_> {
    pub async fn crowd(&self, plan: WirePlan) -> Result<Crowd> {
        let id = self.account().await?;
        let before = self.balance(&id).await?;
        let writers = self.cx.workers.clamp(2, MOST);
        let (held_once, writes) = (Mutex::new(BTreeSet::new()), self.about_to_write());
        let first_write = Trigger::every(move |message| {
            writes(message)
                && held_once.lock().unwrap_or_else(PoisonError::into_inner).insert(message.connection)
        });
        let holding = plan.clone().and(first_write, WireToxic::Hold);
        let proxy = self.cx.proxy(&self.cx.subject.roles.worker, holding).await?;
        let names: Vec<String> = (1..=writers).map(|n| format!("bonus {n}")).collect();
        let mut granters = try_join_all(names.iter().map(|name| self.grant(name, &proxy, &id))).await?;
        tokio::select! {
            () = proxy.held(writers) => {}
            _ = select_all(granters.iter().map(|granter| Box::pin(granter.ended()))) => {}
            () = tokio::time::sleep(self.patience()) => {}
        }
        let held = proxy.holds();
        // While somebody still waits for a lock, it might wait too, and for ever.
        if held == writers {
            self.rival(&id).await?;
        }
        proxy.set_plan(plan);
        proxy.release();
        let ends = join_all(granters.iter_mut().map(|granter| granter.end(self.patience()))).await;
        let gave_up: Vec<String> =
            ends.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        let (after, entries) = (self.balance(&id).await?, self.entries(&id).await?);
        self.cx.recorder.faults(proxy.events());
        let attempts = attempts(&proxy.statements());
        Ok(Crowd { writers, held, before, after, entries, gave_up, attempts })
    }
}
