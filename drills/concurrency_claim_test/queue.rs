//! The subject's queue of work: seeding, claiming, finishing and ageing, through its own statements.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use futures::future::join_all;
use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::session::{Outcome, Rows, Session};
use sor_gate::subject::{Claims, Tenancy};
use sor_gate::template::Values;
use tokio::sync::Mutex;

use super::judge::Attempt;

/// The queue of one tenant.
pub struct Queue<'a> {
    pub cx: &'a Context,
    pub binding: &'a Claims,
    pub tenancy: &'a Tenancy,
    pub admin: Session,
    /// What the prelude answered, by Worker.
    registered: Mutex<BTreeMap<String, String>>,
    /// Attempts that lost a race and were made again, where the claim is declared to be.
    pub made_again: AtomicUsize,
}

impl<'a> Queue<'a> {
    pub async fn new(cx: &'a Context, binding: &'a Claims, tenancy: &'a Tenancy) -> Result<Self> {
        let (admin, registered, made_again) =
            (cx.admin().await?.repeating(), Mutex::default(), AtomicUsize::new(0));
        Ok(Self { cx, binding, tenancy, admin, registered, made_again })
    }

    pub fn values(&self, worker: &str) -> Values {
        Values::new().with("tenant", &self.tenancy.tenants[0]).with("worker", worker)
    }

    /// What a Worker's own statements are filled with; its prelude has been run.
    pub async fn as_worker(&self, worker: &str) -> Result<Values> {
        let values = self.values(worker);
        let Some(prelude) = &self.binding.prelude else { return Ok(values.with("registered", "")) };
        let mut registered = self.registered.lock().await;
        if !registered.contains_key(worker) {
            let session = self.cx.worker_session(worker).await?;
            self.begin(&session).await?;
            let told = session.must(prelude, &values).await?.scalar().unwrap_or_default().to_owned();
            session.must("COMMIT", &Values::new()).await?;
            registered.insert(worker.to_owned(), told);
        }
        Ok(values.with("registered", registered.get(worker).map_or("", String::as_str)))
    }

    /// The ids of work for so many claims.
    pub fn ids(&self, letter: &str, claims: usize) -> Vec<String> {
        (1..=claims * self.batch()).map(|n| format!("{letter}-{n:03}")).collect()
    }

    /// How many rows a fleet goes through: enough for each of its Workers.
    pub fn fleet_rows(&self) -> usize {
        match self.batch() {
            1 => self.cx.rows,
            batch => self.cx.rows.max(2 * batch * self.cx.workers),
        }
    }

    fn batch(&self) -> usize {
        self.binding.batch as usize
    }

    /// What a claim was answered.
    ///
    /// # Errors
    /// Usage when it took more rows than the subject declares.
    pub fn claimed(&self, rows: &Rows) -> Result<Attempt> {
        let ids: Vec<String> = rows.rows.iter().filter_map(|row| row.cells.first()?.clone()).collect();
        match ids.len() {
            // No row, or a row of NULLs.
            0 => Ok(Attempt::Empty),
            many if many > self.batch() => {
                let what = format!("a claim answered {many} rows, and claims.batch is {}", self.batch());
                Err(Error::usage(what).at(ids.join(", ")))
            }
            _ => Ok(Attempt::Claimed(ids)),
        }
    }

    /// What an attempt was answered that is taken back; nothing when it was refused.
    pub fn claimed_of(&self, outcome: &Outcome) -> Result<Attempt> {
        outcome.rows().map_or(Ok(Attempt::Empty), |rows| self.claimed(rows))
    }

    /// Adds pending rows of these ids, all in flight at once.
    pub async fn seed(&self, ids: &[String]) -> Result<()> {
        self.seed_for(&self.tenancy.tenants[0], ids).await
    }

    /// The same for another tenant.
    pub async fn seed_for(&self, tenant: &str, ids: &[String]) -> Result<()> {
        let add = async |id: &String| {
            let values = Values::new().with("tenant", tenant).with("id", id);
            self.admin.must(&self.binding.seed, &values).await.map(|_| ())
        };
        // All of them have ended before the first error is told: one still in flight would hold the connection up.
        join_all(ids.iter().map(add)).await.into_iter().collect()
    }

    /// Ids and states of all rows.
    pub async fn rows(&self) -> Result<Vec<(String, String)>> {
        let rows = self.admin.must(&self.binding.rows, &self.values("")).await?;
        Ok(rows.all("id")?.into_iter().zip(rows.all("status")?).collect())
    }

    /// Opens a transaction in the tenant's context.
    pub async fn begin(&self, session: &Session) -> Result<()> {
        session.must("BEGIN", &Values::new()).await?;
        session.must(&self.tenancy.set, &self.values("")).await.map(|_| ())
    }

    /// How the transaction of a claim is begun.
    pub fn opening(&self) -> String {
        let isolation =
            self.binding.isolation.map(|isolation| format!(" ISOLATION LEVEL {}", isolation.sql()));
        format!("BEGIN{}", isolation.unwrap_or_default())
    }

    /// How often a claim is tried.
    pub fn attempts(&self) -> u32 {
        self.binding.isolation.map_or(1, |_| self.binding.max_attempts)
    }

    /// Opens the transaction of a claim; the Worker has registered before it.
    pub async fn open(&self, session: &Session, worker: &str) -> Result<()> {
        self.as_worker(worker).await?;
        session.must(&self.opening(), &Values::new()).await?;
        session.must(&self.tenancy.set, &self.values("")).await.map(|_| ())
    }

    /// Issues the claim in the open transaction; one that loses a race is issued anew in a transaction of its own, where
    /// the subject says that its Worker does so.
    pub async fn claim(&self, session: &Session, worker: &str) -> Result<Attempt> {
        let mut attempt = self.claim_once(session, worker).await?;
        for _ in 1..self.attempts() {
            if !attempt.lost_a_race() {
                break;
            }
            attempt = self.anew(session, worker).await?;
        }
        Ok(attempt)
    }

    async fn claim_once(&self, session: &Session, worker: &str) -> Result<Attempt> {
        Ok(match session.attempt(&self.binding.claim, &self.as_worker(worker).await?).await? {
            Outcome::Done(rows) => self.claimed(&rows)?,
            Outcome::Refused(refusal) => Attempt::Refused(refusal),
        })
    }

    async fn anew(&self, session: &Session, worker: &str) -> Result<Attempt> {
        self.made_again.fetch_add(1, Relaxed);
        session.must("ROLLBACK", &Values::new()).await?;
        self.open(session, worker).await?;
        self.claim_once(session, worker).await
    }

    /// Ends the transaction, and says what was claimed in the end: a refused claim has aborted it, and one that loses its
    /// race at the COMMIT is made anew, as [`Queue::claim`] does.
    pub async fn end(&self, session: &Session, worker: &str, attempt: Attempt) -> Result<Attempt> {
        let mut attempt = attempt;
        for tried in 1..=self.attempts() {
            if !matches!(attempt, Attempt::Refused(_)) {
                match (session.attempt("COMMIT", &Values::new()).await?, self.binding.isolation) {
                    (Outcome::Done(_), _) => return Ok(attempt),
                    (Outcome::Refused(refusal), Some(_)) => attempt = Attempt::Refused(refusal),
                    (Outcome::Refused(refusal), None) => {
                        return Err(Error::harness(format!("the COMMIT of a claim was refused: {refusal}")));
                    }
                }
            }
            if !attempt.lost_a_race() || tried == self.attempts() {
                break;
            }
            attempt = self.anew(session, worker).await?;
        }
        session.must("ROLLBACK", &Values::new()).await.map(|_| attempt)
    }

    /// Marks a claimed row as done, in a transaction of its own.
    pub async fn done(&self, session: &Session, worker: &str, id: &str) -> Result<()> {
        self.begin(session).await?;
        session.must(&self.binding.done, &self.as_worker(worker).await?.with("id", id)).await?;
        session.must("COMMIT", &Values::new()).await.map(|_| ())
    }

    /// One claim of a new session, from begin to commit.
    pub async fn try_claim(&self, worker: &str) -> Result<Attempt> {
        let session = self.cx.worker_session(worker).await?;
        self.open(&session, worker).await?;
        let attempt = self.claim(&session, worker).await?;
        self.end(&session, worker, attempt).await
    }

    /// Claims until nothing more comes of it, and says what has been got in all; `got` is what was before.
    pub async fn try_claims(
        &self,
        worker: &str,
        wanted: &[String],
        got: &mut Vec<String>,
    ) -> Result<Attempt> {
        loop {
            let attempt = self.try_claim(worker).await?;
            let before = got.len();
            for id in attempt.ids() {
                if !got.contains(id) {
                    got.push(id.clone());
                }
            }
            if got.is_empty() {
                return Ok(attempt);
            }
            if got.len() == before || wanted.iter().all(|id| got.contains(id)) {
                return Ok(Attempt::Claimed(got.clone()));
            }
        }
    }

    /// Lets the claims on rows be older, where the subject says how.
    pub async fn age(&self, ids: &[String], interval: &str) -> Result<bool> {
        let Some(age) = &self.binding.age else { return Ok(false) };
        for id in ids {
            let values = self.values("").with("id", id).with("interval", interval);
            self.admin.must(age, &values).await?;
        }
        Ok(true)
    }

    /// The declared bound in seconds.
    pub async fn lease_seconds(&self) -> Result<f64> {
        let sql = "SELECT extract(epoch FROM ${lease}::text::interval)::float8 AS seconds";
        let rows = self.admin.must(sql, &Values::new().with("lease", &self.binding.lease)).await?;
        rows.first("seconds")?.parse().map_err(|_| Error::usage("claims.lease is no interval"))
    }
}
