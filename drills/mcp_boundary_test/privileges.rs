//! The server's own role: what it is, what it may do, and what it was seen to be refused.

use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::session::{Outcome, Session};
use sor_gate::template::Values;

use super::ground::{Ground, SCHEMA};
use super::judge::{Attempt, Privileges};

/// The role with every role that it is a member of: SET ROLE needs no inheritance (manual, 22.3).
const ROLES: &str = "\
    WITH RECURSIVE reach AS (
        SELECT oid FROM pg_roles WHERE rolname = ${role}
        UNION SELECT m.roleid FROM pg_auth_members AS m JOIN reach ON m.member = reach.oid)";

/// Looks up what the role is and holds, then tries what it must not do.
pub async fn observe(ground: &Ground<'_>) -> Result<Privileges> {
    if ground.mcp.needs.is_empty() {
        return Ok(Privileges::default());
    }
    let values = Values::new().with("role", ground.role).with("own", SCHEMA);
    let attributes = ground.admin.must(&attributes(), &values).await?.all("attribute")?;
    let held = ground.admin.must(&held(), &values).await?;
    let (tables, privileges) = (held.all("held_on")?, held.all("privilege")?);
    let mut beyond = Vec::new();
    for (table, privilege) in tables.iter().zip(&privileges) {
        if !needed(ground, table, privilege) {
            beyond.push(format!("{privilege} on {table}"));
        }
    }
    let all = ground.admin.must(OBJECTS, &values).await?;
    let session = ground.cx.session(ground.role, "mcp role").await?;
    let (attempts, control) = attempt_all(ground, &session, &all.all("name")?).await?;
    let tables = ground.mcp.needs.len();
    Ok(Privileges {
        described: true,
        role: ground.role.into(),
        attributes,
        beyond,
        attempts,
        control,
        tables,
    })
}

fn needed(ground: &Ground<'_>, table: &str, privilege: &str) -> bool {
    let needs = ground.mcp.needs.iter().find(|(name, _)| name.as_str() == table);
    needs.is_some_and(|(_, list)| list.iter().any(|one| one.eq_ignore_ascii_case(privilege)))
}

fn attributes() -> String {
    format!(
        "{ROLES}
         SELECT a.attribute FROM reach JOIN pg_roles AS r USING (oid), LATERAL (VALUES
             (r.rolsuper, 'superuser'), (r.rolbypassrls, 'bypasses row-level security'),
             (r.rolcreaterole, 'may create roles'), (r.rolcreatedb, 'may create databases'),
             (r.rolreplication, 'may replicate'), (r.rolname <> ${{role}}, 'member of ' || r.rolname)
         ) AS a (holds, attribute) WHERE a.holds
         UNION
         SELECT 'owns ' || c.oid::regclass::text FROM pg_class AS c JOIN reach ON c.relowner = reach.oid
         UNION
         SELECT 'owns schema ' || quote_ident(n.nspname) FROM pg_namespace AS n JOIN reach ON n.nspowner = reach.oid
         UNION
         SELECT 'may create in schema ' || quote_ident(n.nspname) FROM pg_namespace AS n, reach
         WHERE n.nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(reach.oid, n.oid, 'CREATE')
         UNION
         SELECT 'may create ' || p.what FROM reach, (VALUES ('CREATE', 'schemas'), ('TEMPORARY', 'temporary tables'))
             AS p (privilege, what) WHERE has_database_privilege(reach.oid, current_database(), p.privilege)
         ORDER BY 1"
    )
}

/// Every privilege on every relation, counting a privilege on a single column.
fn held() -> String {
    format!(
        "{ROLES}
         SELECT DISTINCT format('%I.%I', n.nspname, c.relname) AS held_on, p.privilege
         FROM reach, pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
              unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
                  AS p (privilege)
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'
           AND n.nspname NOT IN ('information_schema', ${{own}})
           AND (has_table_privilege(reach.oid, c.oid, p.privilege)
                OR (p.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                    AND has_any_column_privilege(reach.oid, c.oid, p.privilege)))
         ORDER BY 1, 2"
    )
}

const OBJECTS: &str = "\
    SELECT format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'
      AND n.nspname NOT IN ('information_schema', ${own}) ORDER BY 1";

/// Runs each statement in a transaction of its own, which is rolled back.
async fn attempt_all(
    ground: &Ground<'_>,
    session: &Session,
    all: &[String],
) -> Result<(Vec<Attempt>, String)> {
    let mut attempts = Vec::new();
    for sql in statements(ground, all) {
        let outcome = rolled_back(session, &sql).await?;
        attempts.push(Attempt { sql, outcome });
    }
    let reads = |list: &Vec<String>| list.iter().any(|one| one.eq_ignore_ascii_case("SELECT"));
    let control = match ground.mcp.needs.iter().find(|(_, list)| reads(list)) {
        Some((table, _)) => {
            let sql = format!("SELECT count(*) FROM {table}");
            match session.attempt(&sql, &Values::new()).await? {
                Outcome::Done(_) => sql,
                Outcome::Refused(_) => String::new(),
            }
        }
        None => String::new(),
    };
    Ok((attempts, control))
}

async fn rolled_back(session: &Session, sql: &str) -> Result<Outcome> {
    let none = Values::new();
    session.must("BEGIN", &none).await?;
    let outcome = session.attempt(sql, &none).await?;
    session.must("ROLLBACK", &none).await?;
    Ok(outcome)
}

fn statements(ground: &Ground<'_>, all: &[String]) -> Vec<String> {
    let mut sql: Vec<String> = [
        "CREATE SCHEMA sor_gate_try",
        "CREATE TABLE public.sor_gate_try ()",
        "CREATE TEMPORARY TABLE sor_gate_try ()",
        "CREATE VIEW public.sor_gate_try AS SELECT 1 AS one",
        "CREATE FUNCTION public.sor_gate_try() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE sor_gate_try",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        "SET session_replication_role = replica",
    ]
    .map(str::to_owned)
    .into();
    sql.push(format!("SET LOCAL ROLE {}", quote_ident(ground.admin.role())));
    for table in ground.mcp.needs.keys() {
        sql.push(format!("ALTER TABLE {table} ADD COLUMN sor_gate_try int"));
        sql.push(format!("DROP TABLE {table} CASCADE"));
        sql.push(format!("CREATE INDEX ON {table} ((1))"));
        for (privilege, attempt) in [
            ("TRUNCATE", format!("TRUNCATE {table} CASCADE")),
            ("DELETE", format!("DELETE FROM {table} WHERE false")),
            ("INSERT", format!("INSERT INTO {table} DEFAULT VALUES")),
        ] {
            if !needed(ground, table, privilege) {
                sql.push(attempt);
            }
        }
    }
    sql.extend(
        all.iter().filter(|name| !needed(ground, name, "SELECT")).map(|name| format!("SELECT FROM {name}")),
    );
    sql
}
