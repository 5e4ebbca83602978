//! Two relays at once: the second runs while the first stands in the middle of its claim, or of its send.

use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::fault::sink::{SinkPlan, Toxic};
use sor_gate::template::Values;
use sor_gate::worker::Worker;

use super::judge::{Pair, Stands};
use super::yard::{PAUSE, Yard};

/// Rows that are updated wait for an advisory lock of the harness, so that a claim stands in its middle: the rows are
/// locked, and nothing is committed. A relay that updates nothing before it sends is stopped by the sink instead.
const INSTALL: &str = "
CREATE FUNCTION public.sor_gate_wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $sor_gate$
BEGIN PERFORM pg_catalog.pg_advisory_xact_lock_shared(7205759403792794); RETURN NULL; END $sor_gate$;";
const HOLD: &str = "SELECT pg_advisory_lock(7205759403792794)";
const LET_GO: &str = "SELECT pg_advisory_unlock(7205759403792794)";

const MESSAGES: usize = 6;
/// A hold that outlasts the relay's own patience is repeated with other messages, so often in all.
const ROUNDS: usize = 6;
/// How long nothing more must arrive before two relays that both wait for the sink count as settled.
const SETTLED: Duration = Duration::from_millis(100);

impl Yard<'_> {
    pub async fn two_relays(&self) -> Result<Pair> {
        let (none, table) = (Values::new(), &self.outbox.table);
        let install = format!(
            "{INSTALL} CREATE TRIGGER sor_gate_wait AFTER UPDATE ON {table} \
             FOR EACH ROW EXECUTE FUNCTION public.sor_gate_wait()"
        );
        self.holder.script(&install, &none).await?;
        let mut round = 1;
        loop {
            let pair = self.two_relays_once(&format!("T{round}-")).await?;
            let outlasted = pair.messages.iter().any(|message| !message.last_error.is_empty());
            if !outlasted || round == ROUNDS {
                self.holder.script("DROP FUNCTION public.sor_gate_wait() CASCADE", &none).await?;
                return Ok(pair);
            }
            round += 1;
        }
    }

    async fn two_relays_once(&self, prefix: &str) -> Result<Pair> {
        self.clear_the_way().await?;
        let keys: Vec<String> = (1..=MESSAGES).map(|n| format!("{prefix}{n}")).collect();
        self.queue(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        self.sink.set_plan(SinkPlan::keys_from(prefix, Toxic::Hold)).await?;
        self.holder.must(HOLD, &Values::new()).await?;
        let one = self.start("relay 1").await?;
        let first_stands = self.stands(prefix, &one, 1).await?;
        let other = self.start("relay 2").await?;
        let second_stands = self.stands(prefix, &other, 2).await?;
        self.cx.recorder.note("relay", format!("relay 1: {first_stands}; relay 2: {second_stands}"));
        self.holder.must(LET_GO, &Values::new()).await?;
        let (held, ended_meanwhile) = self.both_settled(prefix, &one, &other).await;
        self.note(format!("{held} requests held; {ended_meanwhile} relay(s) ended meanwhile"));
        self.sink.set_plan(SinkPlan::healthy()).await?;
        let release = async {
            loop {
                self.sink.release();
                tokio::time::sleep(PAUSE).await;
            }
        };
        let ends = async {
            tokio::try_join!(self.cx.relay_ended(&one, "relay 1"), self.cx.relay_ended(&other, "relay 2"))
        };
        tokio::select! {
            () = release => {}
            ended = ends => { ended?; }
        }
        let (deliveries, messages) = (self.deliveries(prefix), self.of_phase(prefix).await?);
        let in_order = self.relay.in_order.then(|| self.arrived(prefix));
        Ok(Pair { first_stands, second_stands, held, ended_meanwhile, messages, deliveries, in_order })
    }

    /// Waits until a relay stands still or has ended, as number `n` of those started.
    async fn stands(&self, prefix: &str, relay: &Worker, n: usize) -> Result<Stands> {
        let sql = "SELECT count(*) FROM pg_stat_activity \
                   WHERE usename = $1 AND cardinality(pg_blocking_pids(pid)) > 0";
        let deadline = Instant::now() + self.relay.program.timeout();
        loop {
            let blocked: i64 = self.watcher.client().query_one(sql, &[&self.relay.role]).await?.get(0);
            if relay.process().ended().is_some() {
                return Ok(Stands::Ended);
            }
            let (blocked, sending) = (usize::try_from(blocked).unwrap_or(0), self.deliveries(prefix).len());
            // A relay may wait for another that is sending.
            if blocked > 0 && blocked + sending >= n {
                return Ok(Stands::Claiming);
            }
            if sending >= n {
                return Ok(Stands::Sending);
            }
            if Instant::now() > deadline {
                return Ok(Stands::Nowhere);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until one relay has ended while the sink keeps requests of the other, or until nothing more arrives.
    async fn both_settled(&self, prefix: &str, one: &Worker, other: &Worker) -> (usize, usize) {
        let deadline = Instant::now() + self.relay.program.timeout();
        let mut last = (0, Instant::now());
        loop {
            let held = self.deliveries(prefix).len();
            let ended = [one, other].iter().filter(|relay| relay.process().ended().is_some()).count();
            if held != last.0 {
                last = (held, Instant::now());
            }
            let settled = held > 0 && last.1.elapsed() > SETTLED;
            if ended > 0 && held > 0 || ended == 2 || settled || Instant::now() > deadline {
                return (held, ended);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
