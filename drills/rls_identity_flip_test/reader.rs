//! Seeding the tenants' rows, and reading them under one identity after the other.

use std::collections::BTreeMap;

use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::session::{Outcome, Session};
use sor_gate::subject::Tenancy;
use sor_gate::template::{self, Values};

use super::judge::Identities;
use super::sight::Sight;

/// Reads and writes the tenants' table as the subject describes it.
pub struct Reader<'a> {
    pub cx: &'a Context,
    pub tenancy: &'a Tenancy,
    pub admin: Session,
    none: Values,
}

impl<'a> Reader<'a> {
    pub async fn new(cx: &'a Context, tenancy: &'a Tenancy) -> Result<Self> {
        Ok(Self { cx, tenancy, admin: cx.admin().await?, none: Values::new() })
    }

    /// Adds rows for a tenant as admin, numbered from `first` on.
    pub async fn seed(&self, tenant: &str, first: u64, rows: u64) -> Result<()> {
        let mut script = String::new();
        for n in first..first + rows {
            self.add_row(&mut script, tenant, n)?;
        }
        self.run_unlisted(&script, &format!("{rows} rows of {tenant} into {}", self.tenancy.table)).await
    }

    /// Appends the statement that adds one row to a script.
    pub fn add_row(&self, script: &mut String, tenant: &str, n: u64) -> Result<()> {
        let values = Values::new().with("tenant", tenant).with("n", n);
        script.push_str(&template::paste(&self.tenancy.insert, &values)?);
        script.push_str(";\n");
        Ok(())
    }

    /// Runs a long script as admin, of which only a note is kept.
    pub async fn run_unlisted(&self, script: &str, what: &str) -> Result<()> {
        self.admin.client().batch_execute(&format!("BEGIN;\n{script}COMMIT")).await?;
        self.cx.recorder.note("seed", what);
        Ok(())
    }

    /// Counts the rows of the table by tenant.
    pub fn count_sql(&self) -> String {
        let (column, table) = (&self.tenancy.column, &self.tenancy.table);
        format!("SELECT {column}::text AS tenant, count(*) AS rows FROM {table} GROUP BY 1 ORDER BY 1")
    }

    /// What a session sees now.
    pub async fn look(&self, session: &Session) -> Result<Sight> {
        Ok(Sight::from(session.attempt(&self.count_sql(), &self.none).await?))
    }

    /// What admin sees.
    pub async fn truth(&self) -> Result<Sight> {
        self.look(&self.admin).await
    }

    /// Begins a transaction as a tenant. A refusal is handed back, with the transaction given up.
    pub async fn begin_as(&self, session: &Session, tenant: &str) -> Result<Option<Sight>> {
        session.must("BEGIN", &self.none).await?;
        let set = session.attempt(&self.tenancy.set, &Values::new().with("tenant", tenant)).await?;
        let Outcome::Refused(refusal) = set else { return Ok(None) };
        self.end(session, "ROLLBACK").await?;
        Ok(Some(Sight::Refused(refusal)))
    }

    /// Ends a transaction by `COMMIT` or `ROLLBACK`.
    pub async fn end(&self, session: &Session, how: &str) -> Result<()> {
        session.must(how, &self.none).await.map(|_| ())
    }

    /// What a tenant sees, in a transaction of its own.
    pub async fn look_as(&self, session: &Session, tenant: &str) -> Result<Sight> {
        if let Some(refused) = self.begin_as(session, tenant).await? {
            return Ok(refused);
        }
        let sight = self.look(session).await?;
        self.end(session, "COMMIT").await?;
        Ok(sight)
    }

    /// Takes every setting of a session back to its default, as a careful pool does.
    pub async fn clear(&self, session: &Session) -> Result<()> {
        session.must("RESET ALL", &self.none).await.map(|_| ())
    }

    /// Every identity in turn, starting with none at all on a connection that is new.
    pub async fn identities(&self, session: &Session) -> Result<Identities> {
        let [alice, bob] = &self.tenancy.tenants;
        let never = self.look(session).await?;
        let alice = self.look_as(session, alice).await?;
        let bob = self.look_as(session, bob).await?;
        self.clear(session).await?;
        Ok(Identities {
            never,
            alice,
            bob,
            reset: self.look(session).await?,
            empty: self.look_as(session, "").await?,
            stranger: self.look_as(session, &self.tenancy.stranger).await?,
        })
    }

    /// The rows themselves, whole, as one digest a tenant.
    pub async fn images(&self) -> Result<BTreeMap<String, String>> {
        let (column, table) = (&self.tenancy.column, &self.tenancy.table);
        let sql = format!(
            "SELECT t.{column}::text AS tenant, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS image \
             FROM {table} AS t GROUP BY 1"
        );
        let rows = self.admin.must(&sql, &self.none).await?;
        Ok(rows.all("tenant")?.into_iter().zip(rows.all("image")?).collect())
    }
}
