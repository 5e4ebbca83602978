//! The Worker's role and the tenants' tables, as the catalog has them.

use sor_gate::error::Result;
use sor_gate::session::{Rows, Session};
use sor_gate::standing::held_roles;
use sor_gate::template::Values;

use super::judge::{Policy, Standing, Table};
use super::reader::Reader;

/// Tables that carry the tenant column, and those declared; partitions and children belong to their parents.
const TABLES: &str = "\
SELECT c.oid, c.oid::regclass::text AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
       pg_get_userbyid(c.relowner) AS owner
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
  AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid)
  AND (EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = ${column}::text
               AND a.attnum > 0 AND NOT a.attisdropped)
       OR c.oid = ANY (${declared}::text[]::regclass[]))
ORDER BY 2";

/// Policies for reading that apply to a role, its own or by membership.
const POLICIES: &str = "\
WITH held AS (
    SELECT r.oid FROM pg_roles AS w, pg_roles AS r
    WHERE w.rolname = ${worker}::name AND (r.oid = w.oid OR (NOT w.rolsuper AND pg_has_role(w.oid, r.oid, 'USAGE')))
)
SELECT p.polrelid AS oid, p.polname AS name, p.polpermissive AS permissive,
       pg_get_expr(p.polqual, p.polrelid) = 'true' AS open
FROM pg_policy AS p
WHERE p.polcmd IN ('*', 'r')
  AND (p.polroles = '{0}' OR EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE r IN (SELECT oid FROM held)))";

impl Reader<'_> {
    /// Looks the role and the tables up, and asks the role itself which tables row-level security binds it on.
    pub async fn standing(&self, session: &Session) -> Result<Standing> {
        let worker = self.cx.subject.roles.worker.as_str();
        let none = Values::new();
        let by_worker = Values::new().with("worker", worker);
        let declared =
            format!("{{{}}}", self.tenancy.tables.iter().map(|t| quoted(t)).collect::<Vec<_>>().join(","));
        let by_column = Values::new()
            .with("column", sor_gate::subject::catalog_name(&self.tenancy.column))
            .with("declared", declared);
        let tables = self.admin.must(TABLES, &by_column).await?;
        let policies = self.admin.must(POLICIES, &by_worker).await?;
        let oids = tables.all("oid")?;
        let active = "SELECT t AS oid, row_security_active(t) AS active FROM unnest(${oids}::oid[]) AS t";
        let values = Values::new().with("oids", format!("{{{}}}", oids.join(",")));
        let active = session.must(active, &values).await?;
        let bound = |oid: &str| -> Result<bool> {
            let at = active.all("oid")?.iter().position(|other| other == oid);
            Ok(at.is_some_and(|at| active.rows[at].cells[1].as_deref() == Some("true")))
        };
        let ask = "SELECT ${table}::text::regclass::oid AS oid";
        let target =
            self.admin.must(ask, &Values::new().with("table", &self.tenancy.table)).await?.first("oid")?;
        let mut found = Vec::new();
        for (at, oid) in oids.iter().enumerate() {
            found.push(Table {
                oid: oid.clone(),
                name: tables.cell(at, "name")?,
                enabled: tables.flag(at, "enabled")?,
                forced: tables.flag(at, "forced")?,
                owner: tables.cell(at, "owner")?,
                binds: bound(oid)?,
                attacked: *oid == target,
                policies: policies_of(&policies, oid)?,
            });
        }
        session.must("SET row_security = off", &none).await?;
        let unguarded = self.look(session).await?;
        session.must("RESET row_security", &none).await?;
        let held = held_roles(&self.admin, worker).await?;
        Ok(Standing {
            worker: worker.into(),
            held,
            tables: found,
            unguarded,
            version: self.cx.cluster.version(),
        })
    }
}

fn policies_of(rows: &Rows, oid: &str) -> Result<Vec<Policy>> {
    let mut found = Vec::new();
    for (at, on) in rows.all("oid")?.iter().enumerate() {
        if on == oid {
            found.push(Policy {
                name: rows.cell(at, "name")?,
                permissive: rows.flag(at, "permissive")?,
                open: rows.flag(at, "open")?,
            });
        }
    }
    Ok(found)
}

/// An element of an array literal (manual, 8.15.2).
fn quoted(element: &str) -> String {
    format!("\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\""))
}
