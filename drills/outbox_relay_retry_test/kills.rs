//! Relays killed at each point of a message's way: before the claim, before the send, before the mark, before its commit.

use std::sync::Arc;
use std::time::Duration;

use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::{Direction, Listen, Trigger, WireMessage, WireProxy, WireToxic};
use sor_gate::fault::sink::{SinkPlan, Toxic};
use sor_gate::template::Values;
use sor_gate::worker::Assignment;

use super::judge::{Kill, Kills};
use super::yard::Yard;

/// A kill that came too late is repeated with another message, so often in all.
const ROUNDS: usize = 3;
/// An idle machine needs no hundredth of it; what never comes is mostly told by the end of a program.
const SOON: Duration = Duration::from_secs(60);

/// Where the relay is when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Claim,
    Send,
    Mark,
    Commit,
}

impl At {
    fn words(self) -> &'static str {
        match self {
            Self::Claim => "before its claim",
            Self::Send => "between claim and send",
            Self::Mark => "between send and mark",
            Self::Commit => "between mark and the answer to its commit",
        }
    }
}

impl Yard<'_> {
    /// One message a point. The claim comes last: its message stays due, and another relay would take it.
    pub async fn kill_at_each_point(&self) -> Result<Kills> {
        self.cx.reach("before_kills", &Values::new()).await?;
        let mut kills = Vec::new();
        for at in [At::Mark, At::Send, At::Commit, At::Claim] {
            for round in 1..=ROUNDS {
                let key = format!("C{round}-{at:?}");
                self.queue(&[&key]).await?;
                let kill = self.kill(at, &key).await?;
                self.gone().await?;
                if at == At::Mark {
                    self.cx.reach("after_relay_kill", &self.values(&key)).await?;
                }
                self.clear_the_way().await?;
                let landed = kill.landed;
                kills.push(kill);
                if landed {
                    break;
                }
            }
        }
        self.age().await?;
        self.pass("relay, after the kills").await?;
        Ok(Kills { kills, messages: self.of_phase("C").await?, deliveries: self.deliveries("C") })
    }

    async fn kill(&self, at: At, key: &str) -> Result<Kill> {
        let mut on_the_wire = None;
        let (relay, reached, witness) = match at {
            At::Claim => {
                self.lock().await?;
                let relay = self.start("relay to be killed").await?;
                let blocked = self.blocked(&[&relay]).await?.len();
                (relay, blocked == 1, "its backend waited for the lock on the outbox".to_owned())
            }
            At::Mark => {
                self.sink.set_plan(SinkPlan::key(key, Toxic::Hold)).await?;
                let relay = self.start("relay to be killed").await?;
                let held = self.sink.wait_held(1, self.relay.program.timeout()).await;
                (relay, held.is_ok(), "the sink had the message and kept its answer".to_owned())
            }
            At::Send | At::Commit => {
                let proxy = self.stopping_proxy(at, key).await?;
                let assignment = Assignment::relay("relay to be killed", &self.sink.url());
                let relay = self.cx.start_relay(&assignment.through(proxy.connect_info())).await?;
                let fired = tokio::select! {
                    biased;
                    fired = proxy.wait_fired(SOON) => fired,
                    _ = relay.wait_exit(SOON) => Err(Error::harness("the relay ended before")),
                };
                self.cx.recorder.faults(proxy.events());
                on_the_wire = Some(proxy);
                (relay, fired.is_ok(), fired.map_or_else(|error| error.to_string(), |event| event.detail))
            }
        };
        let killed = relay.kill().await?;
        if killed.landed() && reached {
            self.cx.recorder.faults([killed.event(&format!("it was {}: {witness}", at.words()))]);
        }
        if at == At::Claim {
            self.unlock().await?;
        }
        self.sink.set_plan(SinkPlan::healthy()).await?;
        self.sink.release();
        drop(on_the_wire);
        self.cx.recorder.note("relay", format!("KILLED {}: {}", at.words(), killed.worker));
        let witness = format!("{} {}: {witness}", killed.worker, at.words());
        Ok(Kill { key: key.into(), landed: killed.landed() && reached, redelivers: at == At::Mark, witness })
    }

    /// A proxy that keeps the answer to the claim, or that to the mark, from the relay.
    async fn stopping_proxy(&self, at: At, key: &str) -> Result<WireProxy> {
        let (table, sink, key) = (self.bare_table(), Arc::clone(&self.sink), key.to_owned());
        let answered = move |message: &WireMessage<'_>| {
            message.direction == Direction::ToClient
                && message.completed.is_some()
                && message.sql.is_some_and(|sql| sql.contains(&table))
                && (at == At::Send || sink.ledger().of_key(&key).next().is_some())
        };
        let plan = self.cx.wire_plan().and(Trigger::first(answered), WireToxic::Hold);
        let upstream = self.cx.cluster.connect_info(&self.relay.role, &self.cx.cluster.database());
        WireProxy::start(&upstream, Listen::Unix, plan).await
    }
}
