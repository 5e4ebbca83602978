//! The bench: starts and kills Workers, holds them in mid-turn, and reads what they left.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use sor_gate::context::Context;
use sor_gate::effects;
use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::{WirePlan, WireProxy};
use sor_gate::session::Session;
use sor_gate::subject::Journal;
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Receiver, Worker};

use super::observed::{Deliveries, Ended, Kill, Outcome, RunState, Turn};
use super::repeats::Repeats;

const PAUSE: Duration = Duration::from_millis(1);
/// How long a Worker that neither works nor leaves is waited for, once the others stand.
const PATIENCE: Duration = Duration::from_secs(5);

/// Two admin sessions (one that holds, one that watches) and the subject's journal.
pub struct Bench<'a> {
    pub cx: &'a Context,
    pub journal: &'a Journal,
    pub tenant: &'a str,
    holder: Session,
    pub watcher: Session,
    /// What the subject promises at least once.
    pub repeats: Repeats,
    /// Runs of dead Workers whose rescue waits for the next Worker.
    pub to_rescue: Mutex<BTreeSet<String>>,
    /// The longest time that a rescue took.
    pub rescue_took: Mutex<Duration>,
}

impl<'a> Bench<'a> {
    /// Connects, and installs the harness's ledger.
    pub async fn new(cx: &'a Context, journal: &'a Journal, tenant: &'a str) -> Result<Self> {
        let (holder, watcher) = tokio::try_join!(cx.admin(), cx.admin())?;
        effects::install(&watcher, &journal.effects).await?;
        let (repeats, to_rescue) =
            (Repeats::declared(&journal.effects, journal.deliveries_guarantee), Mutex::default());
        Ok(Self { cx, journal, tenant, holder, watcher, repeats, to_rescue, rescue_took: Mutex::default() })
    }

    /// The same on new connections, after the server was gone.
    pub async fn again(&self) -> Result<Self> {
        let (holder, watcher) = tokio::try_join!(self.cx.admin(), self.cx.admin())?;
        let Self { cx, journal, tenant, .. } = *self;
        let (repeats, to_rescue) = (self.repeats.clone(), Mutex::default());
        Ok(Self { cx, journal, tenant, holder, watcher, repeats, to_rescue, rescue_took: Mutex::default() })
    }

    /// Whether Workers may go on for ever, and are told to stop once their run is over.
    pub fn goes_on(&self) -> bool {
        self.journal.done_when.is_some()
    }

    /// The placeholders of a run.
    pub fn values(&self, run: &str) -> Values {
        Values::new().with("run_id", run).with("tenant", self.tenant)
    }

    /// Prepares what a run works on.
    pub async fn seed(&self, run: &str) -> Result<()> {
        match &self.journal.seed {
            Some(seed) => self.watcher.must(seed, &self.values(run)).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Starts a Worker on a run.
    pub async fn start(&self, run: &str, worker: &str) -> Result<Worker> {
        self.start_through(run, worker, None).await
    }

    /// The same through a wire proxy. A run whose rescue waits for a live Worker gets it now.
    pub async fn start_through(&self, run: &str, worker: &str, proxy: Option<&WireProxy>) -> Result<Worker> {
        let assignment = Assignment::run(run, self.tenant, worker);
        let assignment = match proxy {
            Some(proxy) => assignment.through(proxy.connect_info()),
            None => assignment,
        };
        let worker = self.cx.start_worker(&assignment).await?;
        self.rescue_beside(run).await?;
        Ok(worker)
    }

    /// A wire proxy before the server, for the role that the Worker's side connects as.
    pub async fn proxy(&self, plan: WirePlan) -> Result<WireProxy> {
        let roles = &self.cx.subject.roles;
        let role = self.cx.subject.mcp.as_ref().and_then(|mcp| mcp.role.as_deref()).unwrap_or(&roles.worker);
        self.cx.proxy(role, plan).await
    }

    /// From now on Workers of these runs stop in mid-turn.
    pub async fn hold(&self, runs: &[&str]) -> Result<()> {
        self.holder.script("BEGIN", &Values::new()).await?;
        for run in runs {
            self.holder.script(&self.journal.hold, &self.values(run)).await?;
        }
        Ok(())
    }

    /// Lets them go on.
    pub async fn release(&self) -> Result<()> {
        self.cx.recorder.note("server", "the hold is released");
        self.holder.script("ROLLBACK", &Values::new()).await
    }

    /// The backends that wait for the hold.
    pub async fn waiting(&self) -> Result<BTreeSet<i32>> {
        let blocked = "SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))";
        let holder = self.holder.pid().await?;
        Ok(self.watcher.client().query(blocked, &[&holder]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Waits until each of these Workers waits for the hold or has ended; `before` are backends that waited already.
    /// Answers how many stand there.
    pub async fn at_hold(&self, workers: &[&Worker], before: &BTreeSet<i32>) -> Result<usize> {
        let (begun, patience) = (Instant::now(), self.patience().await?);
        let mut stood: Option<(usize, Instant)> = None;
        loop {
            let standing = self.waiting().await?.difference(before).count();
            let running = workers.iter().filter(|worker| worker.process().ended().is_none()).count();
            if standing >= running {
                return Ok(standing);
            }
            if stood.is_none_or(|(most, _)| standing > most) {
                stood = Some((standing, Instant::now()));
            }
            let still = stood.is_some_and(|(most, since)| most > 0 && since.elapsed() > patience);
            if still || begun.elapsed() > self.cx.worker_timeout() {
                return Ok(standing);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Kills a Worker with its whole group, and reads the journal at that moment; `waited`: its backend waits.
    pub async fn kill(&self, run: &str, worker: &Worker, waited: bool, moment: &'static str) -> Result<Kill> {
        let values = self.values(run);
        let ready = match &self.journal.kill_when {
            Some(when) => self.watcher.must(when, &values).await?.scalar() == Some("true"),
            None => true,
        };
        let killed = worker.kill().await?;
        let last = worker.process().last_lines(2).join(" | ");
        let status = match killed.landed() {
            true => format!("{}", killed.worker),
            false => format!("{}: {last}", killed.worker),
        };
        self.cx.recorder.note("worker", format!("KILLED on run {run}: {status}"));
        if killed.landed() {
            let stood = if waited { "its backend waited for the hold" } else { "it was elsewhere" };
            self.cx.recorder.faults([killed.event(&format!("run {run}: {stood}"))]);
        }
        self.cx.reach(moment, &values).await?;
        let journal = self.read(run).await?;
        self.cx.recorder.note("journal", format!("{run} at the kill: {}", journal.tell()));
        Ok(Kill { landed: killed.landed(), status, mid_turn: waited && ready, journal })
    }

    /// Lets the leases of these runs run out, by ageing them or by waiting, and brings them back where the subject says how.
    pub async fn expire(&self, runs: &[&str]) -> Result<()> {
        if let Some(age) = &self.journal.age {
            for run in runs {
                self.watcher.must(age, &self.values(run).with("interval", "1 day")).await?;
            }
        } else if let Some(lease) = self.lease().await? {
            tokio::time::sleep(lease + Duration::from_millis(50)).await;
        }
        self.rescue(runs).await
    }

    /// How long a dead Worker's run stays leased, where the subject says so.
    pub async fn lease(&self) -> Result<Option<Duration>> {
        let Some(lease) = &self.journal.lease else { return Ok(None) };
        let seconds = "SELECT extract(epoch FROM ${lease}::text::interval)::text";
        let rows = self.watcher.must(seconds, &Values::new().with("lease", lease)).await?;
        let seconds = rows.scalar().and_then(|text| text.parse::<f64>().ok());
        let seconds = seconds.filter(|seconds| (0.0..86_400.0).contains(seconds));
        let seconds =
            seconds.ok_or_else(|| Error::usage("journal.lease is no span of a day or less").at(lease))?;
        Ok(Some(Duration::from_secs_f64(seconds)))
    }

    /// How long a Worker that neither works nor leaves is waited for; where it need never leave, not so long that the
    /// lease of another may run out meanwhile.
    async fn patience(&self) -> Result<Duration> {
        let lease = if self.goes_on() { self.lease().await? } else { None };
        Ok(lease.map_or(PATIENCE, |lease| PATIENCE.min(lease / 2)))
    }

    /// The journal of a run.
    pub async fn read(&self, run: &str) -> Result<RunState> {
        let values = self.values(run);
        let (runs, turns) = tokio::try_join!(
            self.watcher.must(&self.journal.runs, &values),
            self.watcher.must(&self.journal.turns, &values)
        )?;
        let (ordinals, statuses) = (turns.all("ordinal")?, turns.all("status")?);
        let digests = turns.all("digest")?;
        let mut turns = Vec::with_capacity(ordinals.len());
        for ((ordinal, status), digest) in ordinals.iter().zip(statuses).zip(digests) {
            let ordinal = ordinal
                .parse()
                .map_err(|_| Error::usage(format!("journal.turns: `{ordinal}` is no ordinal")))?;
            turns.push(Turn { ordinal, status, digest });
        }
        turns.sort_by_key(|turn| turn.ordinal);
        if runs.rows.is_empty() {
            return Ok(RunState { turns, ..RunState::default() });
        }
        Ok(RunState {
            status: runs.first("status")?,
            finished: !runs.first("finished_at")?.is_empty(),
            turns,
        })
    }

    /// Waits for a Worker's own end.
    pub async fn ended(&self, name: &str, worker: &Worker) -> Result<Ended> {
        let ended = match self.cx.worker_closed(worker).await? {
            Some(closed) => Ended {
                worker: name.into(),
                code: closed.code,
                last_line: worker.process().last_lines(1).join(""),
            },
            None => {
                worker.kill().await?;
                Ended { worker: name.into(), code: None, last_line: "it did not end in time".into() }
            }
        };
        self.cx.recorder.note("worker", ended.tell());
        Ok(ended)
    }

    /// Waits until backends of killed Workers are gone, so that nothing of theirs can still land.
    pub async fn gone(&self, backends: &BTreeSet<i32>) -> Result<()> {
        let left = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1)";
        let backends: Vec<i32> = backends.iter().copied().collect();
        let deadline = Instant::now() + self.cx.worker_timeout();
        while self.watcher.client().query_one(left, &[&backends]).await?.get::<_, i64>(0) > 0 {
            if Instant::now() > deadline {
                return Err(Error::harness("backends of killed Workers are still there"));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Sends everything that is queued to the sink; `None` when the subject does not say how.
    pub async fn deliver(&self) -> Result<Option<Receiver>> {
        let (Some(relay), Some(_)) = (&self.cx.subject.relay, &self.journal.deliveries) else {
            return Ok(None);
        };
        let sink = self.cx.receiver(relay).await?;
        self.cx.run_relay(&Assignment::relay("relay", &sink.url())).await?;
        self.cx.recorder.note("sink", format!("{} deliveries arrived", sink.deliveries().len()));
        Ok(Some(sink))
    }

    /// The backends by which a run took effect.
    pub async fn backends(&self, run: &str) -> Result<BTreeSet<i32>> {
        effects::backends_of_run(&self.watcher, run).await
    }

    /// Everything about a run at its end.
    pub async fn outcome(&self, run: &str, ended: Ended, sink: Option<&Receiver>) -> Result<Outcome> {
        let (journal, effects) = tokio::try_join!(self.read(run), effects::of_run(&self.watcher, run))?;
        let mut deliveries = None;
        if let (Some(sink), Some(of_run)) = (sink, &self.journal.deliveries) {
            let keys = self.watcher.must(of_run, &self.values(run)).await?.all("dedup_key")?;
            let ledger = sink.ledger();
            let arrived = |key: &String| ledger.of_key(key).count();
            let effective = |key: &String| ledger.of_key(key).filter(|delivery| delivery.effective()).count();
            deliveries = Some(Deliveries {
                queued: keys.len(),
                arrived: keys.iter().map(arrived).sum(),
                effective: keys.iter().map(effective).sum(),
            });
        }
        self.cx.recorder.note("journal", format!("{run} at the end: {}", journal.tell()));
        Ok(Outcome { ended, journal, effects, deliveries })
    }
}
