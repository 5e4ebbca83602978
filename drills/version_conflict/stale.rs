//! One edit too late, by each door; and a change whose statement forgets the version.

use sor_gate::error::Result;
use sor_gate::template::Values;

use super::SERVICE;
use super::door::Door;
use super::judge::{Stale, Table};
use super::rows::Ground;

impl Ground<'_> {
    /// Every versioned table, by SQL.
    pub async fn tables(&self) -> Result<Vec<Table>> {
        let mut seen = Vec::new();
        for table in &self.binding.tables {
            let door = Door::Sql(Box::new(self.cx.worker_session(&table.table).await?), table);
            let id = self.row(table, "first").await?;
            let stale = late(&door, &id).await?;
            let before = stale.after.version.clone();
            let Door::Sql(session, _) = &door else { continue };
            let values = Values::new().with("id", &id).with("text", "forgetful");
            let forgetful = session.attempt(&table.forgetful, &values).await?;
            let after = door.read(&id).await?;
            seen.push(Table { name: table.table.clone(), stale, forgetful, before, after });
        }
        Ok(seen)
    }

    /// The first table, over HTTP.
    pub async fn served(&self) -> Result<Option<Stale>> {
        let Some(service) = &self.binding.service else { return Ok(None) };
        let table = self.table()?;
        let served = self.serve("service", service, self.cx.wire_plan_in(SERVICE)).await?;
        let id = self.row(table, "first").await?;
        let stale = late(&Door::Http(served.door(service)?), &id).await?;
        self.cx.recorder.faults(served.proxy.events());
        Ok(Some(stale))
    }
}

/// An edit on the current version, then another one on the same.
async fn late(door: &Door<'_>, id: &str) -> Result<Stale> {
    let first = door.read(id).await?;
    let control = door.write(id, &first.version, "second").await?;
    let between = door.read(id).await?;
    let late = door.write(id, &first.version, "too late").await?;
    Ok(Stale { first, control, between, late, after: door.read(id).await? })
}
