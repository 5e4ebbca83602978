//! One whole run of the real Worker, rebuilt from its events.

use std::collections::BTreeMap;

use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::template::Values;
use sor_gate::worker::Assignment;

use super::bench::Bench;
use super::judge::{Replay, Told};

/// The run.
const RUN: &str = "replayed";
/// The role that tells it: it may read the events and nothing else.
const NARRATOR: &str = "sor_gate_narrator";

impl Bench<'_> {
    /// Lets the Worker work a run. What keeps it from that is handed back, not raised.
    pub async fn work(&self) -> Result<Option<String>> {
        let values = self.run_values();
        if let Some(seed) = self.cx.subject.journal.as_ref().and_then(|journal| journal.seed.as_ref()) {
            self.admin.must(seed, &values).await?;
        }
        let worked = self.cx.run_worker(&Assignment::run(RUN, self.tenant(), "narrated")).await;
        self.cx.reach("run_ended", &values).await?;
        Ok(worked.err().map(|error| error.to_string()))
    }

    fn run_values(&self) -> Values {
        Values::new().with("run_id", RUN).with("tenant", self.tenant())
    }

    /// Tells the run from its events, and holds it against the tables of the present state.
    pub async fn replay(&self, told: &str, trouble: Option<String>) -> Result<Replay> {
        let values = self.run_values();
        let table = &self.events.table;
        let ask = "SELECT n.nspname AS schema FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                   WHERE c.oid = ${table}::text::regclass";
        let schema = self.admin.must(ask, &Values::new().with("table", table)).await?.first("schema")?;
        let narrator = self.cx.admin().await?;
        let make = format!(
            "CREATE ROLE {NARRATOR} NOLOGIN BYPASSRLS; GRANT USAGE ON SCHEMA {} TO {NARRATOR}; \
             GRANT SELECT ON {table} TO {NARRATOR}; SET ROLE {NARRATOR}",
            quote_ident(&schema)
        );
        narrator.script(&make, &values).await?;
        let rows = narrator.must(told, &values).await?;
        let mut events = Vec::new();
        for at in 0..rows.rows.len() {
            let (thing, state) = (rows.cell(at, "thing")?, rows.cell(at, "state")?);
            events.push(Told {
                id: rows.cell(at, "id")?,
                text: rows.cell(at, "text")?,
                fact: (!thing.is_empty()).then_some((thing, state)),
            });
        }
        let mut snapshot = BTreeMap::new();
        for present in &self.events.snapshot {
            let rows = self.admin.must(present, &values).await?;
            snapshot.extend(rows.all("thing")?.into_iter().zip(rows.all("state")?));
        }
        Ok(Replay::new(events, snapshot, trouble))
    }
}
