//! The yard: writes messages, runs and kills relays, and reads the outbox and the sink.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::fault::sink::{Delivery, SinkPlan};
use sor_gate::session::{Outcome, Session};
use sor_gate::subject::{Outbox, Relay, Tenancy};
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Receiver, Worker};

use super::judge::Message;

pub const PAUSE: Duration = Duration::from_millis(1);

/// The subject's outbox, its relay, and the sink.
pub struct Yard<'a> {
    pub cx: &'a Context,
    pub outbox: &'a Outbox,
    pub relay: &'a Relay,
    pub tenancy: &'a Tenancy,
    pub sink: Arc<Receiver>,
    pub holder: Session,
    pub watcher: Session,
    writer: Session,
}

impl<'a> Yard<'a> {
    pub async fn new(
        cx: &'a Context,
        outbox: &'a Outbox,
        relay: &'a Relay,
        tenancy: &'a Tenancy,
    ) -> Result<Self> {
        let sink = Arc::new(cx.receiver(relay).await?);
        let (holder, watcher, writer) =
            tokio::try_join!(cx.admin(), cx.admin(), cx.worker_session("writer"))?;
        Ok(Self { cx, outbox, relay, tenancy, sink, holder, watcher, writer })
    }

    /// The same on new connections, after the server was gone.
    pub async fn again(&self) -> Result<Self> {
        let Self { cx, outbox, relay, tenancy, .. } = *self;
        let (holder, watcher, writer) =
            tokio::try_join!(cx.admin(), cx.admin(), cx.worker_session("writer"))?;
        Ok(Self { cx, outbox, relay, tenancy, sink: Arc::clone(&self.sink), holder, watcher, writer })
    }

    pub fn values(&self, key: &str) -> Values {
        Values::new().with("tenant", &self.tenancy.tenants[0]).with("key", key)
    }

    /// Begins a transaction for the tenant and runs some of the subject's statements in it.
    pub async fn write_some(&self, session: &Session, key: &str, statements: &[String]) -> Result<()> {
        let values = self.values(key);
        session.must("BEGIN", &values).await?;
        session.must(&self.tenancy.set, &values).await?;
        for statement in statements {
            session.must(statement, &values).await?;
        }
        Ok(())
    }

    /// The business write with its message, committed.
    pub async fn queue(&self, keys: &[&str]) -> Result<()> {
        for key in keys {
            self.write_some(&self.writer, key, &self.outbox.write).await?;
            self.writer.must("COMMIT", &Values::new()).await?;
        }
        Ok(())
    }

    /// One outbox row as the Worker's role, in a transaction of its own.
    pub async fn insert(&self, key: &str) -> Result<Outcome> {
        self.write_some(&self.writer, key, &[]).await?;
        let outcome = self.writer.attempt(&self.outbox.insert, &self.values(key)).await?;
        let end = if outcome.refusal().is_some() { "ROLLBACK" } else { "COMMIT" };
        self.writer.must(end, &Values::new()).await?;
        Ok(outcome)
    }

    /// How many business rows a key has.
    pub async fn business(&self, key: &str) -> Result<usize> {
        let rows = self.watcher.must(&self.outbox.business, &self.values(key)).await?;
        let count = rows.scalar().and_then(|count| count.parse().ok());
        count.ok_or_else(|| Error::usage("outbox.business answers no count"))
    }

    /// The outbox table's name without its schema.
    pub fn bare_table(&self) -> String {
        self.outbox.table.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned()
    }

    /// All messages, as the outbox presents them.
    pub async fn messages(&self) -> Result<Vec<Message>> {
        let rows = self.watcher.must(&self.outbox.rows, &Values::new()).await?;
        let (keys, statuses) = (rows.all("dedup_key")?, rows.all("status")?);
        let (attempts, errors) = (rows.all("attempts")?, rows.all("last_error")?);
        let next = rows.all("next_attempt_at")?;
        let number = |text: &str| {
            text.parse().map_err(|_| Error::usage(format!("outbox.rows: attempts `{text}` is no number")))
        };
        let read = |at: usize| {
            Ok(Message {
                key: keys[at].clone(),
                status: statuses[at].clone(),
                attempts: number(&attempts[at])?,
                last_error: errors[at].clone(),
                next_attempt: next[at].parse::<Timestamp>().ok(),
            })
        };
        (0..keys.len()).map(read).collect()
    }

    /// The messages of a phase: those whose key starts with `prefix`.
    pub async fn of_phase(&self, prefix: &str) -> Result<Vec<Message>> {
        let all = self.messages().await?;
        Ok(all.into_iter().filter(|message| message.key.starts_with(prefix)).collect())
    }

    /// The deliveries of a phase, in order of arrival.
    pub fn deliveries(&self, prefix: &str) -> Vec<Delivery> {
        let of_phase = |delivery: &Delivery| delivery.key.as_ref().is_some_and(|key| key.starts_with(prefix));
        self.sink.deliveries().into_iter().filter(of_phase).collect()
    }

    /// The keys of a phase that took effect, in order of arrival.
    pub fn arrived(&self, prefix: &str) -> Vec<String> {
        let effective = self.deliveries(prefix).into_iter().filter(Delivery::effective);
        effective.filter_map(|delivery| delivery.key).collect()
    }

    /// Makes every pending message due.
    pub async fn age(&self) -> Result<()> {
        self.watcher.must(&self.outbox.age, &Values::new()).await.map(|_| ())
    }

    /// Starts a relay.
    pub async fn start(&self, name: &str) -> Result<Worker> {
        self.cx.start_relay(&Assignment::relay(name, &self.sink.url())).await
    }

    /// Lets a relay send what is due.
    pub async fn pass(&self, name: &str) -> Result<()> {
        self.cx.run_relay(&Assignment::relay(name, &self.sink.url())).await?;
        self.sink.runs()
    }

    /// Lets everything out that older messages of a promised order would keep back.
    pub async fn clear_the_way(&self) -> Result<()> {
        if !self.relay.in_order {
            return Ok(());
        }
        self.sink.set_plan(SinkPlan::healthy()).await?;
        self.age().await?;
        self.pass("relay, before").await
    }

    /// Locks the outbox table against every claim, even one that only reads with FOR UPDATE.
    pub async fn lock(&self) -> Result<()> {
        let lock = format!("BEGIN; LOCK TABLE {} IN EXCLUSIVE MODE", self.outbox.table);
        self.holder.script(&lock, &Values::new()).await
    }

    pub async fn unlock(&self) -> Result<()> {
        self.holder.script("ROLLBACK", &Values::new()).await
    }

    /// Waits until so many backends wait for the lock; answers them, fewer when relays end first.
    pub async fn blocked(&self, relays: &[&Worker]) -> Result<BTreeSet<i32>> {
        let sql = "SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))";
        let (holder, deadline) = (self.holder.pid().await?, Instant::now() + self.relay.program.timeout());
        loop {
            let rows = self.watcher.client().query(sql, &[&holder]).await?;
            let blocked: BTreeSet<i32> = rows.iter().map(|row| row.get(0)).collect();
            let running = relays.iter().filter(|relay| relay.process().ended().is_none()).count();
            if blocked.len() >= running || Instant::now() > deadline {
                return Ok(blocked);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until no backend of the relay's role is left: nothing of a killed relay can still land.
    pub async fn gone(&self) -> Result<()> {
        let left = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1";
        let deadline = Instant::now() + self.relay.program.timeout();
        while self.watcher.client().query_one(left, &[&self.relay.role]).await?.get::<_, i64>(0) > 0 {
            if Instant::now() > deadline {
                return Err(Error::harness("a backend of a killed relay is still there"));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Notes the sink's deliveries so far in the timeline.
    pub fn note(&self, what: impl Into<String>) {
        self.cx.recorder.note("sink", what);
    }
}
