//! The sweep: a caller is killed at each point of its write, or loses its server there, and the write is sent again.

use std::time::Duration;

use futures::future::try_join_all;
use futures::stream::{StreamExt, TryStreamExt, iter};
use sor_gate::error::Result;
use sor_gate::fault::proxy::{Trigger, WirePlan, WireProxy, WireToxic};
use sor_gate::fault::sweep::{Blow, Conversation, CrashPoint, Strike, Struck, Sweep, some_of};
use sor_gate::worker::{AtPoint, StandIn, Worker};

use super::breaks;
use super::calls::{Caller, FIRST};
use super::judge::Answer;

/// Callers side by side.
pub const AT_ONCE: usize = 4;
/// An idle machine needs no hundredth of it; what never comes is mostly told by the end of a program.
const SOON: Duration = Duration::from_secs(60);

/// A caller at its point.
struct Standing {
    strike: Strike,
    at: AtPoint,
    landed: bool,
}

impl Caller<'_> {
    /// One write that nothing strikes shows the messages. Then a process that writes is killed at a point of each class,
    /// and another one, which retries, too; the server crashes once, while writes and retries stand at each kind of statement.
    pub async fn sweep(&self, tenant: &str) -> Result<Sweep> {
        if let Some(program) = &self.binding.program {
            return self.sweep_program(program, tenant).await;
        }
        let spoken = self.uncrashed(tenant).await?;
        let (seed, server_is_ours) = (self.cx.seed, self.cx.cluster.may_crash());
        let sampled = self.cx.aims_elsewhere(breaks::ALL, "lost_commit_reply");
        let classes = some_of(spoken.classes(seed), sampled, seed);
        let each = some_of(spoken.of_each_kind(seed), sampled, seed);
        let replies_lost = classes.iter().filter(|class| class.loses_reply()).count();
        let again = |blow, mut then: Vec<CrashPoint>| {
            then.rotate_left(usize::from(blow == Blow::SecondKill));
            let pairs = classes.iter().cloned().zip(then.into_iter().cycle());
            pairs.map(|(first, then)| Strike::again(blow, first, then)).collect::<Vec<_>>()
        };
        let mut strikes = again(Blow::SecondKill, each.clone());
        strikes.extend(classes.iter().cloned().map(|class| Strike::once(Blow::Kill, class)));
        let kills = iter(strikes).map(|strike| async move { self.kill_at(tenant, strike).await });
        let mut struck: Vec<Struck> = kills.buffered(AT_ONCE).try_collect().await?;
        if server_is_ours {
            let mut strikes = again(Blow::SecondServerCrash, each.clone());
            strikes.extend(each.into_iter().map(|point| Strike::once(Blow::ServerCrash, point)));
            struck.extend(self.outage(tenant, strikes).await?);
        }
        let boundaries = spoken.points.len();
        Ok(Sweep {
            boundaries,
            replies_lost,
            by_the_proxy: true,
            sampled,
            server_is_ours,
            left_out: 0,
            struck,
        })
    }

    async fn uncrashed(&self, tenant: &str) -> Result<Conversation> {
        let proxy = self.proxy(WirePlan::clear()).await?;
        StandIn::done(self.writer(tenant, "uncrashed", &proxy).await?).await?.kill().await?;
        Ok(proxy.conversation())
    }

    pub async fn kill_at(&self, tenant: &str, strike: Strike) -> Result<Struck> {
        let Standing { strike, at, mut landed } = self.at_point(tenant, strike).await?;
        landed &= at.kill(&self.cx.recorder).await?;
        let wrong = self.retried(tenant, &strike.name()).await?;
        Ok(strike.struck(landed, wrong))
    }

    /// The crash of the server: one for all.
    pub async fn outage(&self, tenant: &str, strikes: Vec<Strike>) -> Result<Vec<Struck>> {
        let points = iter(strikes).map(|strike| async move { self.at_point(tenant, strike).await });
        let mut standing: Vec<Standing> = points.buffered(AT_ONCE).try_collect().await?;
        for one in &mut standing {
            one.landed &= one.at.reached();
        }
        let many = standing.iter().filter(|one| one.landed).count();
        self.cx.crash_server(&format!("{many} writes stood at their points")).await?;
        standing.iter().for_each(|one| one.at.cut(&self.cx.recorder));
        // A stand-in ends when its connection is gone.
        try_join_all(standing.iter().map(|one| one.at.worker.wait_exit(SOON))).await?;
        let again = &self.again().await?;
        let struck = iter(standing).map(|Standing { strike, landed, .. }| async move {
            Ok(strike.struck(landed, again.retried(tenant, &strike.name()).await?))
        });
        struck.buffered(AT_ONCE).try_collect().await
    }

    /// Brings a write to its point; for a second blow its retry, after a kill at the first point.
    async fn at_point(&self, tenant: &str, strike: Strike) -> Result<Standing> {
        let key = strike.name();
        let at = self.stand(tenant, &key, &strike.first).await?;
        let Some(then) = &strike.then else { return Ok(Standing { strike, at, landed: true }) };
        let landed = at.kill(&self.cx.recorder).await?;
        let at = self.stand(tenant, &key, then).await?;
        Ok(Standing { strike, at, landed })
    }

    /// Starts a process that writes and comes to stand at a point.
    pub async fn stand(&self, tenant: &str, key: &str, point: &CrashPoint) -> Result<AtPoint> {
        let plan = self.cx.wire_plan().and(Trigger::Boundary(point.at.number), WireToxic::Hold);
        let proxy = self.proxy(plan).await?;
        let writer = self.writer(tenant, key, &proxy).await?;
        Ok(AtPoint::reach(writer, proxy, SOON).await)
    }

    /// A process of ours that issues the subject's write, or the subject's own.
    async fn writer(&self, tenant: &str, key: &str, proxy: &WireProxy) -> Result<Worker> {
        let values = self.values(tenant, key, FIRST);
        if let Some(program) = &self.binding.program {
            return self.start(program, &values, Some(proxy)).await;
        }
        let statements: Vec<_> = self.statements().map(|sql| (sql, &values)).collect();
        let role = &self.cx.subject.roles.worker;
        StandIn::launch(&self.cx.scope, &proxy.connect_info().url(), role, &statements).await
    }

    /// Sends the write once more, undisturbed, and says what is wrong then.
    async fn retried(&self, tenant: &str, key: &str) -> Result<Vec<String>> {
        let values = self.values(tenant, key, FIRST);
        let answer = match &self.binding.program {
            Some(_) => self.once(&values).await?,
            None => self.write(&self.cx.worker_session("caller again").await?, &values).await?,
        };
        self.wrong(key, &answer).await
    }

    /// What is wrong after a retry that was answered so.
    pub async fn wrong(&self, key: &str, answer: &Answer) -> Result<Vec<String>> {
        let rows = self.rows(key).await?.len();
        let refused = (!answer.landed()).then(|| format!("the retry was answered {}", answer.tell()));
        let doubled = (rows != 1).then(|| format!("{rows} rows"));
        Ok(doubled.into_iter().chain(refused).collect())
    }
}
