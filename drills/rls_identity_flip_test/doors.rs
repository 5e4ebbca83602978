//! Side doors: everything but the tables themselves through which a tenant's rows may be read.

use std::collections::BTreeSet;

use sor_gate::error::Result;
use sor_gate::session::{Outcome, Session};
use sor_gate::template::Values;

use super::judge::{Door, DoorReading, Doors, Standing};
use super::reader::Reader;

/// The door that the harness builds itself, to see that one would be noticed.
pub const CALIBRATION: &str = "sor_gate_door";

const RELATIONS: &str = include_str!("doors_relations.sql");
const FUNCTIONS: &str = include_str!("doors_functions.sql");

impl Reader<'_> {
    /// Builds a door of the harness's own, which every reading must find leaking.
    pub async fn open_calibration(&self) -> Result<()> {
        let table = &self.tenancy.table;
        let ask = "SELECT n.nspname AS schema FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                   WHERE c.oid = ${table}::text::regclass";
        let schema = self.admin.must(ask, &Values::new().with("table", table)).await?.first("schema")?;
        let schema = sor_gate::quote::quote_ident(&schema);
        let view = format!("{schema}.{CALIBRATION}");
        // Whoever the Worker's role becomes for a tenant finds the door open too.
        let script = format!("CREATE VIEW {view} AS SELECT * FROM {table}; GRANT SELECT ON {view} TO PUBLIC");
        self.admin.script(&script, &Values::new()).await
    }

    /// Takes it away again.
    pub async fn close_calibration(&self, doors: &Doors) -> Result<()> {
        let own = doors.doors.iter().find(|door| door.name.ends_with(CALIBRATION));
        match own {
            Some(door) => self.admin.script(&format!("DROP VIEW {}", door.name), &Values::new()).await,
            None => Ok(()),
        }
    }

    /// Looks up what the role can reach, itself or through a role that it may assume.
    pub async fn find_doors(&self, standing: &Standing) -> Result<Doors> {
        let oids: Vec<_> = standing.tables.iter().map(|table| table.oid.as_str()).collect();
        let values = Values::new()
            .with("worker", &standing.worker)
            .with("covered", format!("{{{}}}", oids.join(",")))
            .with("column", sor_gate::subject::catalog_name(&self.tenancy.column))
            .with("table", &self.tenancy.table)
            .with("tenant", &self.tenancy.tenants[1]);
        let mut doors = Doors::default();
        for (lookup, functions) in [(RELATIONS, false), (FUNCTIONS, true)] {
            let found = self.admin.must(lookup, &values).await?;
            for at in 0..found.rows.len() {
                let kind = found.cell(at, "kind")?;
                *doors.looked_at.entry(kind.clone()).or_default() += 1;
                if found.flag(at, "reachable")? {
                    doors.doors.push(Door {
                        name: found.cell(at, "name")?,
                        kind,
                        role: found.cell(at, "role")?,
                        read: found.cell(at, "read")?,
                        over: found.cell(at, "over")?,
                        seeded: functions || found.flag(at, "seeded")?,
                        unbound: found.flag(at, "unbound")?,
                    });
                }
            }
        }
        Ok(doors)
    }

    /// What Alice reads through each door. Each is read twice, to know those that change by themselves.
    pub async fn through_doors(&self, session: &Session, doors: &Doors) -> Result<Vec<DoorReading>> {
        for door in doors.doors.iter().filter(|door| door.kind == "materialized view") {
            self.admin.script(&format!("REFRESH MATERIALIZED VIEW {}", door.name), &Values::new()).await?;
        }
        let mut readings = Vec::new();
        for door in &doors.doors {
            let first = self.through(session, door).await?;
            let again = self.through(session, door).await?;
            let steady = first == again;
            readings.push(DoorReading { steady, ..first });
        }
        Ok(readings)
    }

    async fn through(&self, session: &Session, door: &Door) -> Result<DoorReading> {
        let alice = &self.tenancy.tenants[0];
        let none = Values::new();
        if self.begin_as(session, alice).await?.is_some() {
            return Ok(DoorReading { steady: true, ..DoorReading::default() });
        }
        if !door.role.is_empty() {
            // Where the tenant is a role, another tenant's role is another identity, no door into it.
            let flips = "SELECT current_user <> session_user \
                         AND NOT pg_has_role(current_user, ${role}::text::regrole, 'MEMBER') AS flips";
            if session.must(flips, &Values::new().with("role", &door.role)).await?.flag(0, "flips")? {
                self.end(session, "ROLLBACK").await?;
                let refused = Some("another tenant's identity".to_owned());
                return Ok(DoorReading { refused, steady: true, ..DoorReading::default() });
            }
            session.must(&format!("SET LOCAL ROLE {}", door.role), &none).await?;
        }
        let outcome = session.attempt(&door.read, &none).await?;
        self.end(session, "ROLLBACK").await?;
        Ok(match outcome {
            Outcome::Done(rows) => {
                let tenants = rows.all("tenant")?;
                let others = tenants.iter().filter(|tenant| !tenant.is_empty() && *tenant != alice);
                DoorReading {
                    refused: None,
                    others: others.cloned().collect::<BTreeSet<_>>().into_iter().collect(),
                    rows: rows.all("image")?.into_iter().collect(),
                    steady: true,
                }
            }
            Outcome::Refused(refusal) => {
                DoorReading { refused: Some(refusal.to_string()), steady: true, ..DoorReading::default() }
            }
        })
    }
}
