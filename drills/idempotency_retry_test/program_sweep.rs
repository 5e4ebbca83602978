//! The sweep of a program: what its retry says depends on where it was cut off, so second blows fall where retries were seen.

use futures::stream::{StreamExt, TryStreamExt, iter};
use sor_gate::error::Result;
use sor_gate::fault::sweep::{Blow, Conversation, CrashPoint, Strike, Struck, Sweep, second_places, some_of};
use sor_gate::subject::Program;

use super::breaks;
use super::calls::{Caller, FIRST};
use super::sweep::AT_ONCE;

impl Caller<'_> {
    /// As [`Caller::sweep`], of the subject's own program: kills at a point of each class, second blows to its retries, and one
    /// crash of the server.
    pub async fn sweep_program(&self, program: &Program, tenant: &str) -> Result<Sweep> {
        let spoken = self.spoken(program, &self.values(tenant, "uncrashed", FIRST)).await?;
        let (seed, server_is_ours) = (self.cx.seed, self.cx.cluster.may_crash());
        let sampled = self.cx.aims_elsewhere(breaks::ALL, "lost_commit_reply");
        let classes = some_of(spoken.classes(seed), sampled, seed);
        let replies_lost = classes.iter().filter(|class| class.loses_reply()).count();
        let kills = iter(classes).map(|class| async move { self.killed_at(program, tenant, class).await });
        let killed: Vec<_> = kills.buffered(AT_ONCE).try_collect().await?;
        let (mut struck, mut resumed) = (Vec::new(), Vec::new());
        for (class, blow, retry) in killed {
            resumed.push((class, retry));
            struck.push(blow);
        }
        let each = some_of(spoken.of_each_kind(seed), sampled, seed);
        let mut in_outage: Vec<Strike> =
            each.into_iter().map(|point| Strike::once(Blow::ServerCrash, point)).collect();
        let mut again = Vec::new();
        for (at, (first, then)) in second_places(&resumed, seed).into_iter().enumerate() {
            match at % 2 == 0 && server_is_ours {
                true => in_outage.push(Strike::again(Blow::SecondServerCrash, first, then)),
                false => again.push(Strike::again(Blow::SecondKill, first, then)),
            }
        }
        let again = iter(again).map(|strike| async move { self.kill_at(tenant, strike).await });
        struck.extend(again.buffered(AT_ONCE).try_collect::<Vec<_>>().await?);
        if server_is_ours {
            struck.extend(self.outage(tenant, in_outage).await?);
        }
        let boundaries = spoken.points.len();
        let by_the_proxy = boundaries > 0;
        Ok(Sweep { boundaries, replies_lost, by_the_proxy, sampled, server_is_ours, left_out: 0, struck })
    }

    /// Kills it at a point and sends the write once more, and says what the retry said to the server.
    async fn killed_at(
        &self,
        program: &Program,
        tenant: &str,
        class: CrashPoint,
    ) -> Result<(CrashPoint, Struck, Conversation)> {
        let strike = Strike::once(Blow::Kill, class);
        let key = strike.name();
        let landed = self.stand(tenant, &key, &strike.first).await?.kill(&self.cx.recorder).await?;
        let proxy = self.proxy(self.cx.wire_plan()).await?;
        let retry = self.start(program, &self.values(tenant, &key, FIRST), Some(&proxy)).await?;
        let answer = self.answered(program, &retry).await?;
        let struck = strike.struck(landed, self.wrong(&key, &answer).await?);
        Ok((strike.first, struck, proxy.conversation()))
    }
}
