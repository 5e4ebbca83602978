//! The bench: a seeded run, one event of it, and the sessions that attack it.

use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::session::{Outcome, Session};
use sor_gate::subject::{Events, Tenancy};
use sor_gate::template::Values;

use super::judge::{Append, Attempt};

/// The run whose events are attacked.
const RUN: &str = "append-only";

/// Appends, attacks and looks.
pub struct Bench<'a> {
    pub cx: &'a Context,
    pub events: &'a Events,
    pub admin: Session,
    set: Option<&'a str>,
    tenant: &'a str,
    pub values: Values,
}

impl<'a> Bench<'a> {
    pub async fn new(cx: &'a Context, events: &'a Events, tenancy: Option<&'a Tenancy>) -> Result<Self> {
        let tenant = tenancy.map_or("", |tenancy| tenancy.tenants[0].as_str());
        let values = Values::new().with("tenant", tenant).with("run_id", RUN);
        let admin = cx.admin().await?;
        if let Some(seed) = &events.seed {
            admin.must(seed, &values).await?;
        }
        let set = tenancy.map(|tenancy| tenancy.set.as_str());
        Ok(Self { cx, events, admin, set, tenant, values })
    }

    /// The tenant whose events they are.
    pub fn tenant(&self) -> &str {
        self.tenant
    }

    /// Begins a transaction with the tenant set, where there are tenants.
    pub async fn begin(&self, session: &Session) -> Result<()> {
        session.must("BEGIN", &self.values).await?;
        if let Some(set) = self.set {
            session.must(set, &self.values).await?;
        }
        Ok(())
    }

    /// Ends it.
    pub async fn end(&self, session: &Session, how: &str) -> Result<()> {
        session.must(how, &self.values).await.map(|_| ())
    }

    /// Runs statements in one transaction until one is refused, and commits if none is. Answers the last outcome.
    pub async fn write(&self, session: &Session, statements: &[&str], values: &Values) -> Result<Outcome> {
        self.begin(session).await?;
        let mut last = Outcome::Done(sor_gate::session::Rows::default());
        for statement in statements {
            last = session.attempt(statement, values).await?;
            if last.refusal().is_some() {
                self.end(session, "ROLLBACK").await?;
                return Ok(last);
            }
        }
        self.end(session, "COMMIT").await?;
        Ok(last)
    }

    /// How many events there are, and the greatest id.
    async fn events(&self) -> Result<(u64, String)> {
        let (id, table) = (&self.events.id, &self.events.table);
        let sql = format!(
            "SELECT (SELECT count(*) FROM {table}) AS events, (SELECT {id} FROM {table} ORDER BY {id} DESC LIMIT 1) AS last"
        );
        let rows = self.admin.must(&sql, &self.values).await?;
        Ok((rows.cell(0, "events")?.parse().unwrap_or(0), rows.cell(0, "last")?))
    }

    /// Appends one event as the Worker does.
    pub async fn append(&self, session: &Session) -> Result<Append> {
        let before = self.events().await?.0;
        let outcome = self.write(session, &[&self.events.append], &self.values).await?;
        let (after, id) = self.events().await?;
        Ok(Append { outcome, added: after.saturating_sub(before), id })
    }

    /// The events of the attacked run, whole, as one digest.
    pub async fn image(&self, id: &str) -> Result<String> {
        let (column, table) = (&self.events.id, &self.events.table);
        let sql = format!(
            "SELECT coalesce(max(md5(t::text)), 'gone') AS image FROM {table} AS t WHERE {column} = ${{id}}"
        );
        self.admin.must(&sql, &self.values.clone().with("id", id)).await?.first("image")
    }

    /// One attack on the event `id`: statements of which all but the last prepare it. Where it succeeds, another event is
    /// appended to be attacked next.
    pub async fn attack(
        &self,
        session: &Session,
        id: &mut String,
        attempt: Attempt,
        statements: &[&str],
    ) -> Result<Attempt> {
        let values = self.values.clone().with("id", &*id);
        let before = self.image(id).await?;
        let outcome = self.write(session, statements, &values).await?;
        let changed = before != self.image(id).await?;
        if changed {
            *id = self.append_again(session).await?.unwrap_or_else(|| id.clone());
        }
        Ok(Attempt { outcome, changed, ..attempt })
    }

    /// Another event to attack, with what it refers to if that is gone too; `None` when none can be had.
    async fn append_again(&self, session: &Session) -> Result<Option<String>> {
        for seed in [None, self.events.seed.as_ref()] {
            if let Some(seed) = seed {
                self.admin.attempt(seed, &self.values).await?;
            }
            let append = self.append(session).await?;
            if append.outcome.refusal().is_none() && append.added > 0 {
                return Ok(Some(append.id));
            }
        }
        Ok(None)
    }

    /// One statement that needs ownership or more, always rolled back. Where `check` answers false, it had no effect.
    pub async fn trial(
        &self,
        session: &Session,
        attempt: Attempt,
        sql: &str,
        check: Option<&str>,
    ) -> Result<Attempt> {
        self.begin(session).await?;
        let outcome = session.attempt(sql, &self.values).await?;
        let effective = match (&outcome, check) {
            (Outcome::Done(_), Some(check)) => {
                session.must(check, &self.values).await?.scalar() == Some("true")
            }
            (outcome, _) => outcome.refusal().is_none(),
        };
        self.end(session, "ROLLBACK").await?;
        Ok(Attempt { outcome, harmless: !effective, ..attempt })
    }
}
