//! The calls: writes as the Worker's role, and the rows that they leave as admin sees them.

use futures::future::try_join_all;
use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::session::{Outcome, Row, Session};
use sor_gate::subject::{End, Idempotency, Tenancy};
use sor_gate::template::Values;

use super::judge::{AfterEnd, Answer, AtOnce, Conflict, Keyless, OtherKey, Tenants, Twice};

pub const FIRST: &str = "1250";
const SECOND: &str = "9900";

/// Issues the subject's write.
pub struct Caller<'a> {
    pub cx: &'a Context,
    pub binding: &'a Idempotency,
    tenancy: &'a Tenancy,
    pub admin: Session,
    worker: Session,
}

impl<'a> Caller<'a> {
    pub async fn new(cx: &'a Context, binding: &'a Idempotency, tenancy: &'a Tenancy) -> Result<Self> {
        let (admin, worker) = (cx.admin().await?, cx.worker_session("caller").await?);
        Ok(Self { cx, binding, tenancy, admin, worker })
    }

    /// The same on new connections, after the server was gone.
    pub async fn again(&self) -> Result<Self> {
        Self::new(self.cx, self.binding, self.tenancy).await
    }

    /// What one write consists of.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        let begin = ["BEGIN", self.tenancy.set.as_str()].into_iter();
        begin.chain(self.binding.write.iter().map(String::as_str)).chain(["COMMIT"])
    }

    /// One write: the tenant's context and every statement in one transaction. Answers the last rows, or the refusal.
    pub async fn write(&self, session: &Session, values: &Values) -> Result<Answer> {
        let mut rows: Option<(Vec<String>, Row)> = None;
        session.must("BEGIN", values).await?;
        session.must(&self.tenancy.set, values).await?;
        for statement in &self.binding.write {
            match session.attempt(statement, values).await? {
                Outcome::Done(done) => {
                    if let Some(row) = done.rows.last() {
                        rows = Some((done.names.clone(), row.clone()));
                    }
                }
                Outcome::Refused(refusal) => {
                    session.must("ROLLBACK", values).await?;
                    return Ok(Answer::Refused(refusal));
                }
            }
        }
        session.must("COMMIT", values).await?;
        Ok(rows.map_or(Answer::Nothing, |(names, row)| Answer::Row(names, row)))
    }

    /// One write on its own, in whichever way the subject writes.
    pub async fn once(&self, values: &Values) -> Result<Answer> {
        match &self.binding.program {
            Some(program) => self.answered(program, &self.start(program, values, None).await?).await,
            None => self.write(&self.worker, values).await,
        }
    }

    pub fn values(&self, tenant: &str, key: &str, amount: &str) -> Values {
        Values::new().with("tenant", tenant).with("key", key).with("amount", amount)
    }

    /// The rows of a key, whole, as admin sees them.
    pub async fn rows(&self, key: &str) -> Result<Vec<String>> {
        let (table, column) = (&self.binding.table, &self.binding.key_column);
        let sql =
            format!("SELECT to_jsonb(t) AS image FROM {table} AS t WHERE t.{column} = ${{key}} ORDER BY 1");
        self.admin.must(&sql, &Values::new().with("key", key)).await?.all("image")
    }

    pub async fn count(&self) -> Result<i64> {
        let sql = format!("SELECT count(*) FROM {}", self.binding.table);
        let rows = self.admin.must(&sql, &Values::new()).await?;
        Ok(rows.scalar().and_then(|count| count.parse().ok()).unwrap_or(-1))
    }

    /// The same key and payload twice, one after the other.
    pub async fn twice(&self, tenant: &str, key: &str) -> Result<Twice> {
        let values = self.values(tenant, key, FIRST);
        let before = self.count().await?;
        let first = self.once(&values).await?;
        let second = self.once(&values).await?;
        Ok(Twice { first, second, added: self.count().await? - before })
    }

    /// A key once more after the work of its first write has ended, in each way that the subject describes.
    pub async fn after_end(&self, tenant: &str, key: &str) -> Result<Vec<AfterEnd>> {
        let Some(holds) = self.binding.holds else { return Ok(Vec::new()) };
        let mut seen = Vec::new();
        for (at, (end, sql)) in self.binding.ends().enumerate() {
            let key = format!("{key}-{at}");
            let values = self.values(tenant, &key, FIRST);
            let first = self.once(&values).await?;
            let there = self.rows(&key).await?;
            self.admin.must(sql, &values).await?;
            let left = self.rows(&key).await?;
            let ended =
                !there.is_empty() && if end == End::Removed { left.is_empty() } else { left != there };
            let before = self.count().await?;
            let again = self.once(&values).await?;
            let (free, added) = (holds.is_free_after(end), self.count().await? - before);
            seen.push(AfterEnd { end, free, ended, first, again, added });
        }
        Ok(seen)
    }

    /// The same key from many sessions, held back by a lock until all of them wait at the table.
    pub async fn at_once(&self, tenant: &str, key: &str, sessions: usize) -> Result<AtOnce> {
        let values = self.values(tenant, key, FIRST);
        let before = self.count().await?;
        if let Some(program) = &self.binding.program {
            let (answers, waited) = self.programs_at_once(program, &values, sessions).await?;
            return Ok(AtOnce { answers, waited, added: self.count().await? - before });
        }
        let callers =
            try_join_all((1..=sessions).map(async |n| self.cx.worker_session(&format!("caller {n}")).await));
        let callers = callers.await?;
        self.hold(&self.binding.table).await?;
        let calls = try_join_all(callers.iter().map(|caller| self.write(caller, &values)));
        let (answers, waited) = tokio::join!(calls, self.release_when_waiting(sessions));
        Ok(AtOnce { answers: answers?, waited: waited?, added: self.count().await? - before })
    }

    /// The unprotected variant in the same set-up: a look before the insert, without a unique index.
    pub async fn calibrate(&self, sessions: usize) -> Result<i64> {
        let none = Values::new();
        let make = "CREATE TABLE sor_gate_calibration (key text); GRANT SELECT, INSERT ON sor_gate_calibration TO PUBLIC";
        self.admin.script(make, &none).await?;
        let callers = try_join_all((1..=sessions).map(async |_| self.cx.admin().await)).await?;
        self.hold("sor_gate_calibration").await?;
        let look = "SELECT FROM sor_gate_calibration WHERE key = 'k'";
        let insert = "INSERT INTO sor_gate_calibration VALUES ('k')";
        let calls = try_join_all(callers.iter().map(async |caller| {
            let seen = caller.must(look, &none).await?;
            if seen.rows.is_empty() { caller.must(insert, &none).await.map(|_| ()) } else { Ok(()) }
        }));
        let (calls, waited) = tokio::join!(calls, self.release_when_waiting(sessions));
        calls?;
        waited?;
        let rows = self.admin.must("SELECT count(*) FROM sor_gate_calibration", &none).await?;
        self.admin.script("DROP TABLE sor_gate_calibration", &none).await?;
        Ok(rows.scalar().and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    pub async fn hold(&self, table: &str) -> Result<()> {
        self.admin
            .script(&format!("BEGIN; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"), &Values::new())
            .await
    }

    /// Waits until so many sessions are blocked by the admin's lock, then lets them go.
    async fn release_when_waiting(&self, sessions: usize) -> Result<i64> {
        let waited = self.cx.wait_blocked_by(self.admin.pid().await?, sessions).await?;
        self.admin.script("COMMIT", &Values::new()).await?;
        Ok(waited)
    }

    /// A key that has landed, then one that has not.
    pub async fn other_key(&self, tenant: &str, landed: &str, other: &str) -> Result<OtherKey> {
        let before = self.count().await?;
        let answer = self.once(&self.values(tenant, other, FIRST)).await?;
        Ok(OtherKey { landed: self.rows(landed).await?.len(), answer, added: self.count().await? - before })
    }

    /// The same key with another payload.
    pub async fn conflict(&self, tenant: &str, key: &str) -> Result<Conflict> {
        let first = self.once(&self.values(tenant, key, FIRST)).await?;
        let before = self.rows(key).await?;
        let second = self.once(&self.values(tenant, key, SECOND)).await?;
        let echo = self.binding.echo.as_ref().and_then(|column| second.cell(column));
        let told = !second.landed() || echo.is_some_and(|stored| stored != SECOND);
        Ok(Conflict { first, second, before, after: self.rows(key).await?, told })
    }

    /// The same key for two tenants.
    pub async fn two_tenants(&self, one: &str, other: &str, key: &str) -> Result<Tenants> {
        let first = self.once(&self.values(one, key, FIRST)).await?;
        let second = self.once(&self.values(other, key, SECOND)).await?;
        Ok(Tenants { first, second, rows: self.rows(key).await?.len() })
    }

    /// A write whose key is NULL.
    pub async fn without_key(&self, tenant: &str) -> Result<Keyless> {
        let before = self.count().await?;
        let values = self.values(tenant, "", FIRST).with_null("key");
        let answer = self.once(&values).await?;
        let control = self.once(&self.values(tenant, "keyed", FIRST)).await?;
        Ok(Keyless { answer, control, added: self.count().await? - before })
    }
}
