//! The plans of the lookup, with its index and without, and those of the other queries.

use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::explain::{self, Scan};
use sor_gate::quote::quote_ident;
use sor_gate::session::Session;
use sor_gate::subject::Plans;
use sor_gate::template::Values;

use super::judge::{Hot, Seen};

/// A table has fewer indexes that serve one lookup.
const MOST_INDEXES: usize = 16;

/// Asks for every plan; what is dropped on the way is rolled back.
pub async fn observe(cx: &Context, binding: &Plans) -> Result<Seen> {
    let (worker, admin) = (cx.worker_session("worker").await?, cx.admin().await?);
    let none = Values::new();
    let count = format!("SELECT count(*) AS rows FROM {}", binding.table);
    let rows = admin.must(&count, &none).await?.first("rows")?.parse().unwrap_or(0);
    let key = admin.must(&binding.key, &none).await?.scalar().unwrap_or_default().to_owned();
    let values = Values::new().with("key", key);
    let own = explain::accesses(&worker, "VERBOSE", &binding.lookup, &values).await?;
    let without = Without { admin: &admin, binding, values: &values, role: &cx.subject.roles.worker };
    let (before, after, created) = without.observe().await?;
    let mut hot = Vec::new();
    for query in &binding.hot {
        worker.must("BEGIN", &none).await?;
        let scans = explain::accesses(&worker, "ANALYZE, VERBOSE, TIMING OFF", &query.query, &none).await?;
        worker.must("ROLLBACK", &none).await?;
        hot.push(Hot { name: query.name.clone(), scans });
    }
    let switched = "SELECT name || ' = ' || setting AS switch FROM pg_settings \
                    WHERE name LIKE 'enable\\_%' AND setting <> boot_val ORDER BY name";
    let switched = worker.must(switched, &none).await?.all("switch")?;
    let large = i64::try_from(binding.large).unwrap_or(i64::MAX);
    Ok(Seen { asked: binding.rows, rows, large, own, before, after, created, hot, switched })
}

/// The same lookup without its indexes, and with them made again.
struct Without<'a> {
    admin: &'a Session,
    binding: &'a Plans,
    values: &'a Values,
    role: &'a str,
}

impl Without<'_> {
    async fn observe(&self) -> Result<(Vec<Scan>, Vec<Scan>, Vec<String>)> {
        let none = Values::new();
        self.admin.must("BEGIN", &none).await?;
        let mut created = Vec::new();
        let mut before = self.plan().await?;
        for _ in 0..MOST_INDEXES {
            let Some(index) = before.iter().find_map(|scan| scan.index.clone()) else { break };
            created.push(self.drop_index(&index).await?);
            before = self.plan().await?;
        }
        for create in &created {
            self.admin.must(create, &none).await?;
        }
        let after = self.plan().await?;
        self.admin.must("ROLLBACK", &none).await?;
        Ok((before, after, created))
    }

    /// As the Worker's role, on the session that dropped the indexes.
    async fn plan(&self) -> Result<Vec<Scan>> {
        let none = Values::new();
        self.admin.must(&format!("SET LOCAL ROLE {}", quote_ident(self.role)), &none).await?;
        let scans = explain::accesses(self.admin, "VERBOSE", &self.binding.lookup, self.values).await?;
        self.admin.must("RESET ROLE", &none).await?;
        Ok(scans)
    }

    /// Drops an index, with the constraint that it serves; answers what makes it again.
    async fn drop_index(&self, index: &str) -> Result<String> {
        let find = "SELECT pg_get_indexdef(i.indexrelid) AS create, \
                           CASE WHEN k.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass) \
                                ELSE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', i.indrelid::regclass, k.conname) \
                           END AS drop \
                    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
                    LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid \
                    WHERE c.relname = ${index}::text";
        let found = self.admin.must(find, &Values::new().with("index", index)).await?;
        let (create, drop) = (found.first("create")?, found.first("drop")?);
        self.admin.must(&drop, &Values::new()).await?;
        Ok(create)
    }
}
