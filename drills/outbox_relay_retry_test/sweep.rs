//! The sweep: a relay is killed at each point of its talk with the server, or loses the server there.

use std::time::Duration;

use futures::future::try_join_all;
use sor_gate::error::Result;
use sor_gate::fault::proxy::{Statement, Trigger, WireToxic};
use sor_gate::fault::sweep::{Blow, Conversation, CrashPoint, Strike, Struck, Sweep, second_places, some_of};
use sor_gate::worker::{Assignment, AtPoint};

use super::breaks;
use super::yard::Yard;

/// An idle machine needs no hundredth of it; what never comes is mostly told by the end of a program.
const SOON: Duration = Duration::from_secs(60);

/// A relay at its point.
struct Standing {
    strike: Strike,
    at: AtPoint,
    landed: bool,
}

impl Yard<'_> {
    /// One relay that nothing strikes shows the messages on the wire. Then, one message after the other, the relay is
    /// killed at a point of each class, and the relay that takes its work up too; the server crashes once, while a relay
    /// stands at each kind of statement.
    pub async fn sweep(&self) -> Result<Sweep> {
        let spoken = self.uncrashed().await?;
        let (seed, server_is_ours) = (self.cx.seed, self.cx.cluster.may_crash());
        let sampled = self.cx.aims_elsewhere(breaks::ALL, "dedup_on_redelivery");
        let classes = some_of(spoken.classes(seed), sampled, seed);
        let each = some_of(spoken.of_each_kind(seed), sampled, seed);
        let replies_lost = classes.iter().filter(|class| class.loses_reply()).count();
        let (mut struck, mut resumed) = (Vec::new(), Vec::new());
        for class in classes {
            let (blow, spoken) = self.kill_at(Strike::once(Blow::Kill, class.clone())).await?;
            struck.push(blow);
            resumed.push((class, spoken));
        }
        let mut seconds = second_places(&resumed, seed);
        seconds.sort_by_key(|(_, then)| then.at.number);
        for (first, then) in &seconds {
            let strike = Strike::again(Blow::SecondKill, first.clone(), then.clone());
            struck.push(self.kill_at(strike).await?.0);
        }
        if server_is_ours {
            let again = seconds.pop();
            if self.relay.in_order {
                // A relay at its point keeps the next one from getting anywhere.
                let one = each.into_iter().take(1).collect();
                struck.extend(self.outage(again, Vec::new()).await?);
                struck.extend(self.again().await?.outage(None, one).await?);
            } else {
                struck.extend(self.outage(again, each).await?);
            }
        }
        // Its claim names the outbox; what names no outbox is some other program's talk.
        let table = self.bare_table();
        let claims = |sql: &Statement| !sql.completed.is_empty() && sql.sql.contains(&table);
        let by_the_proxy = spoken.statements.iter().any(claims);
        let boundaries = spoken.points.len();
        Ok(Sweep { boundaries, replies_lost, by_the_proxy, sampled, server_is_ours, left_out: 0, struck })
    }

    async fn uncrashed(&self) -> Result<Conversation> {
        self.queue(&["uncrashed"]).await?;
        self.spoken("relay").await
    }

    /// Lets a relay send what is due, and answers what it said to the server.
    async fn spoken(&self, name: &str) -> Result<Conversation> {
        let proxy = self.cx.proxy(&self.relay.role, self.cx.wire_plan()).await?;
        let assignment = Assignment::relay(name, &self.sink.url()).through(proxy.connect_info());
        self.cx.run_relay(&assignment).await?;
        Ok(proxy.conversation())
    }

    /// Kills a relay at its point, and answers what the relay said that took its work up.
    async fn kill_at(&self, strike: Strike) -> Result<(Struck, Conversation)> {
        let Standing { strike, at, mut landed } = self.at_point(strike).await?;
        landed &= at.kill(&self.cx.recorder).await?;
        self.gone().await?;
        let (wrong, spoken) = self.resumed(&[&strike]).await?;
        Ok((strike.struck(landed, wrong.into_iter().flatten().collect()), spoken))
    }

    /// The crash of the server: one for all. Relays that have claimed come first, since one that has not leaves its
    /// message to whoever comes next; before them a relay that resumes, in the last of its statements.
    async fn outage(
        &self,
        second: Option<(CrashPoint, CrashPoint)>,
        mut each: Vec<CrashPoint>,
    ) -> Result<Vec<Struck>> {
        each.reverse();
        let again = second.map(|(first, then)| Strike::again(Blow::SecondServerCrash, first, then));
        let once = each.into_iter().map(|point| Strike::once(Blow::ServerCrash, point));
        let mut standing = Vec::new();
        for strike in again.into_iter().chain(once) {
            standing.push(self.at_point(strike).await?);
        }
        for one in &mut standing {
            one.landed &= one.at.reached();
        }
        let many = standing.iter().filter(|one| one.landed).count();
        self.cx.crash_server(&format!("{many} relays stood at their points")).await?;
        standing.iter().for_each(|one| one.at.cut(&self.cx.recorder));
        let patience = self.relay.program.timeout();
        try_join_all(standing.iter().map(|one| async move {
            match one.at.worker.wait_exit(patience).await? {
                Some(_) => Ok(()),
                None => one.at.worker.kill().await.map(|_| ()),
            }
        }))
        .await?;
        let strikes: Vec<&Strike> = standing.iter().map(|one| &one.strike).collect();
        let wrong = self.again().await?.resumed(&strikes).await?.0;
        let struck = standing.iter().zip(wrong);
        Ok(struck.map(|(one, wrong)| one.strike.struck(one.landed, wrong)).collect())
    }

    /// Queues a message and brings a relay to its point; for a second blow the next relay, after a kill at the first
    /// point.
    async fn at_point(&self, strike: Strike) -> Result<Standing> {
        self.queue(&[&strike.name()]).await?;
        let at = self.stand(&strike.first).await?;
        let Some(then) = &strike.then else { return Ok(Standing { strike, at, landed: true }) };
        let landed = at.kill(&self.cx.recorder).await?;
        self.gone().await?;
        self.age().await?;
        let at = self.stand(then).await?;
        Ok(Standing { strike, at, landed })
    }

    async fn stand(&self, point: &CrashPoint) -> Result<AtPoint> {
        let plan = self.cx.wire_plan().and(Trigger::Boundary(point.at.number), WireToxic::Hold);
        let proxy = self.cx.proxy(&self.relay.role, plan).await?;
        let assignment = Assignment::relay("relay at its point", &self.sink.url());
        let relay = self.cx.start_relay(&assignment.through(proxy.connect_info())).await?;
        Ok(AtPoint::reach(relay, proxy, SOON).await)
    }

    /// Lets another relay send what is left, and says for each message what is wrong then, and what that relay said.
    async fn resumed(&self, strikes: &[&Strike]) -> Result<(Vec<Vec<String>>, Conversation)> {
        self.age().await?;
        let spoken = self.spoken("relay, after the blow").await?;
        let (messages, ledger) = (self.messages().await?, self.sink.ledger());
        let of = |strike: &&Strike| {
            let key = strike.name();
            let effects = ledger.of_key(&key).filter(|delivery| delivery.effective()).count();
            let status = messages.iter().find(|message| message.key == key);
            let status = status.map_or("gone", |message| message.status.as_str());
            let once = effects == 1 && status == "dispatched";
            (!once).then(|| format!("{key} {status} with {effects} effects")).into_iter().collect()
        };
        Ok((strikes.iter().map(of).collect(), spoken))
    }
}
