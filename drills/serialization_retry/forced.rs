//! One conflict, forced: the transaction is held between its read and its write until the other writer has committed.

use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::{Trigger, WirePlan, WireProxy, WireToxic};

use super::judge::{Forced, Held, attempts};
use super::yard::Yard;

impl Yard<'_> {
    pub async fn forced(&self, plan: WirePlan) -> Result<Forced> {
        let id = self.account().await?;
        let plan = plan.and(Trigger::first(self.about_to_write()), WireToxic::Hold);
        let proxy = self.cx.proxy(&self.cx.subject.roles.worker, plan).await?;
        let mut granter = self.grant("bonus", &proxy, &id).await?;
        let reached = tokio::select! {
            () = proxy.held(1) => true,
            () = granter.ended() => false,
            () = tokio::time::sleep(self.patience()) => false,
        };
        let before = self.balance(&id).await?;
        let held = if reached { self.overtaken(&proxy, &id).await? } else { Held::Never };
        let between = self.balance(&id).await?;
        proxy.release();
        let gave_up = granter.end(self.patience()).await?;
        let after = self.balance(&id).await?;
        self.cx.recorder.faults(proxy.events());
        Ok(Forced { held, before, between, after, attempts: attempts(&proxy.statements()), gave_up })
    }

    /// The other writer commits while the transaction is held, unless it has to wait for it.
    async fn overtaken(&self, proxy: &WireProxy, id: &str) -> Result<Held> {
        let pids = proxy.backends();
        let waits = async {
            loop {
                for pid in &pids {
                    if self.cx.wait_blocked_by(*pid, 1).await? > 0 {
                        return Ok::<_, Error>(Held::Blocking);
                    }
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            committed = self.rival(id) => committed.map(|()| Held::Overtaken),
            blocked = waits => blocked,
        }
    }
}
