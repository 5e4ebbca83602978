//! A connection that goes from one tenant to the next: through a pool, and through one prepared statement.

use std::collections::BTreeMap;

use sor_gate::error::Result;
use sor_gate::session::Session;
use sor_gate::template::Values;

use super::judge::{Leak, PlanReuse, Reuse};
use super::reader::Reader;
use super::sight::Sight;

/// How often the prepared statement runs under each identity; Postgres may switch to a generic plan after the fifth
/// (`plancache.c`, `choose_custom_plan`; manual, PREPARE).
const EXECUTIONS: usize = 6;

impl Reader<'_> {
    /// Serves a tenant on a connection, gives the connection back, and looks at what the next one would see.
    pub async fn pool(&self, session: &Session) -> Result<Leak> {
        let alice = &self.tenancy.tenants[0];
        let none = Values::new();
        self.clear(session).await?;
        let cleared = self.look(session).await?;
        let mut reuses = Vec::new();
        for ending in ["COMMIT", "ROLLBACK", "an error"] {
            let before = session.pid().await?;
            let served = match self.begin_as(session, alice).await? {
                Some(refused) => refused,
                None => {
                    let served = self.look(session).await?;
                    match ending {
                        "an error" => {
                            session.attempt("SELECT 1 / 0", &none).await?;
                            self.end(session, "ROLLBACK").await?;
                        }
                        how => self.end(session, how).await?,
                    }
                    served
                }
            };
            if let Some(release) = &self.tenancy.release {
                session.must(release, &none).await?;
            }
            let next = self.look(session).await?;
            reuses.push(Reuse { ending, served, next, same_backend: before == session.pid().await? });
        }
        Ok(Leak { cleared, reuses })
    }

    /// One prepared statement, one connection, Alice → Bob → nobody → Alice, beyond the switch to a generic plan.
    pub async fn prepared(&self, session: &Session) -> Result<PlanReuse> {
        let [alice, bob] = &self.tenancy.tenants;
        let fresh_alice = self.look_as(session, alice).await?;
        let fresh_bob = self.look_as(session, bob).await?;
        self.clear(session).await?;
        let fresh_nobody = self.look(session).await?;
        let (column, table) = (&self.tenancy.column, &self.tenancy.table);
        // A parameter, because a statement without any has a generic plan from the start.
        let sql = format!(
            "SELECT {column}::text AS tenant, count(*) AS rows FROM {table} WHERE {column}::text <> $1::text \
             GROUP BY 1 ORDER BY 1"
        );
        let client = session.client();
        let prepared = client.prepare(&sql).await?;
        let mut reuse = PlanReuse {
            executions: 0,
            generic: 0,
            forced: false,
            wrong: Vec::new(),
            told_apart: fresh_alice != fresh_bob,
        };
        let order = [
            (Some(alice), &fresh_alice),
            (Some(bob), &fresh_bob),
            (None, &fresh_nobody),
            (Some(alice), &fresh_alice),
        ];
        for forced in [false, true] {
            if forced {
                session.must("SET plan_cache_mode = force_generic_plan", &Values::new()).await?;
            }
            for (tenant, expected) in order {
                match tenant {
                    Some(tenant) => drop(self.begin_as(session, tenant).await?),
                    None => self.clear(session).await?,
                }
                if forced && tenant.is_none() {
                    session.must("SET plan_cache_mode = force_generic_plan", &Values::new()).await?;
                }
                for _ in 0..EXECUTIONS {
                    let sight = match client.query(&prepared, &[&""]).await {
                        Ok(rows) => Sight::Rows(
                            rows.iter()
                                .map(|row| (row.get(0), row.get::<_, i64>(1).unsigned_abs()))
                                .collect::<BTreeMap<_, _>>(),
                        ),
                        Err(error) => match error.as_db_error() {
                            Some(refusal) => Sight::Refused(refusal.into()),
                            None => return Err(error.into()),
                        },
                    };
                    reuse.executions += 1;
                    if sight != *expected {
                        let who = tenant.map_or("nobody", String::as_str);
                        reuse.wrong.push(format!(
                            "{who} saw {} instead of {}",
                            sight.tell(),
                            expected.tell()
                        ));
                    }
                    if matches!(sight, Sight::Refused(_)) {
                        break;
                    }
                }
                if tenant.is_some() {
                    self.end(session, "ROLLBACK").await?;
                }
            }
            reuse.generic = self.generic_plans(session, &sql).await?;
            reuse.forced = forced;
            if reuse.generic > 0 {
                break;
            }
        }
        Ok(reuse)
    }

    /// How often a prepared statement of this session ran by its generic plan.
    async fn generic_plans(&self, session: &Session, sql: &str) -> Result<u64> {
        let ask = "SELECT generic_plans FROM pg_prepared_statements WHERE statement = ${sql}";
        let rows = session.must(ask, &Values::new().with("sql", sql)).await?;
        Ok(rows.scalar().and_then(|count| count.parse().ok()).unwrap_or(0))
    }
}
