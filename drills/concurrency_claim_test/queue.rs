//! The subject's queue of work: seeding, claiming, finishing and ageing, through its own statements.

use std::collections::BTreeMap;

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
}

impl<'a> Queue<'a> {
    pub async fn new(cx: &'a Context, binding: &'a Claims, tenancy: &'a Tenancy) -> Result<Self> {
        Ok(Self { cx, binding, tenancy, admin: cx.admin().await?, registered: Mutex::default() })
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

    /// Brings the work of dead claimers back, where the subject says how.
    pub async fn rescue(&self) -> Result<()> {
        let Some(rescue) = &self.binding.rescue else { return Ok(()) };
        let session = self.cx.worker_session("rescuer").await?;
        self.begin(&session).await?;
        session.must(rescue, &self.values("rescuer")).await?;
        session.must("COMMIT", &Values::new()).await.map(|_| ())
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

    /// Issues the claim in the open transaction.
    pub async fn claim(&self, session: &Session, worker: &str) -> Result<Attempt> {
        Ok(match session.attempt(&self.binding.claim, &self.as_worker(worker).await?).await? {
            Outcome::Done(rows) => claimed(&rows),
            Outcome::Refused(refusal) => Attempt::Refused(refusal),
        })
    }

    /// Ends the transaction; a refused claim has aborted it.
    pub async fn end(&self, session: &Session, attempt: &Attempt) -> Result<()> {
        let end = if matches!(attempt, Attempt::Refused(_)) { "ROLLBACK" } else { "COMMIT" };
        session.must(end, &Values::new()).await.map(|_| ())
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
        self.begin(&session).await?;
        let attempt = self.claim(&session, worker).await?;
        self.end(&session, &attempt).await?;
        Ok(attempt)
    }

    /// Lets the claim on a row be older, where the subject says how.
    pub async fn age(&self, id: &str, interval: &str) -> Result<bool> {
        let Some(age) = &self.binding.age else { return Ok(false) };
        let values = self.values("").with("id", id).with("interval", interval);
        self.admin.must(age, &values).await.map(|_| true)
    }

    /// The declared bound in seconds.
    pub async fn lease_seconds(&self) -> Result<f64> {
        let sql = "SELECT extract(epoch FROM ${lease}::text::interval)::float8 AS seconds";
        let rows = self.admin.must(sql, &Values::new().with("lease", &self.binding.lease)).await?;
        rows.first("seconds")?.parse().map_err(|_| Error::usage("claims.lease is no interval"))
    }
}

/// No row, or a row of NULLs, is an empty answer.
pub fn claimed(rows: &Rows) -> Attempt {
    match rows.scalar() {
        Some(id) => Attempt::Claimed(id.to_owned()),
        None => Attempt::Empty,
    }
}
