//! Writes across tenants: rows made for another one, moved to him, changed, deleted.

use sor_gate::error::Result;
use sor_gate::session::{Outcome, Rows, Session};
use sor_gate::template::Values;

use super::judge::{Attack, CrossWrite};
use super::reader::Reader;
use super::sight::Sight;

/// Numbers of rows that no seed uses.
const OWN: u64 = 70_001;
const FOREIGN: u64 = 70_002;

impl Reader<'_> {
    /// Tries each of them, and compares the rows before and after.
    pub async fn cross_writes(&self, session: &Session) -> Result<CrossWrite> {
        let [alice, bob] = &self.tenancy.tenants;
        let stranger = &self.tenancy.stranger;
        let (column, table) = (&self.tenancy.column, &self.tenancy.table);
        let before = self.images().await?;
        let insert = self.tenancy.insert.as_str();
        let own = Values::new().with("tenant", alice).with("n", OWN);
        let (control, _) = self.write(session, alice, insert, &own, "ROLLBACK").await?;
        let foreign = Values::new().with("tenant", bob).with("n", FOREIGN).with("mine", alice);
        let into = format!("UPDATE {table} SET {column} = ${{tenant}} WHERE {column} = ${{mine}}");
        let touch = format!("UPDATE {table} SET {column} = {column} WHERE {column} = ${{tenant}}");
        let steal = format!("UPDATE {table} SET {column} = ${{mine}} WHERE {column} = ${{tenant}}");
        let delete = format!("DELETE FROM {table} WHERE {column} = ${{tenant}}");
        let steal_any = format!("UPDATE {table} SET {column} = ${{mine}}");
        // Who has no row of his own touches another one's with whatever he touches; statements that read no column
        // meet no policy for reading.
        let touch_any = format!("UPDATE {table} SET {column} = {column}");
        let delete_any = format!("DELETE FROM {table}");
        let empty = format!("TRUNCATE {table} CASCADE");
        let own_rows = self.truth().await?.of(alice);
        let tries = [
            (alice, format!("INSERT for {bob}"), insert, "COMMIT", Some(0)),
            (alice, format!("UPDATE of {alice}'s rows into {bob}'s"), &into, "COMMIT", Some(0)),
            (alice, format!("UPDATE of {bob}'s rows"), &touch, "COMMIT", Some(0)),
            (alice, format!("UPDATE of {bob}'s rows into {alice}'s"), &steal, "COMMIT", Some(0)),
            (alice, format!("UPDATE of any row into {alice}'s"), &steal_any, "COMMIT", Some(own_rows)),
            (alice, format!("DELETE of {bob}'s rows"), &delete, "COMMIT", Some(0)),
            (stranger, format!("UPDATE of any row by {stranger}"), &touch_any, "ROLLBACK", Some(0)),
            (stranger, format!("DELETE of any row by {stranger}"), &delete_any, "ROLLBACK", Some(0)),
            (stranger, format!("TRUNCATE by {stranger}"), &empty, "ROLLBACK", None),
        ];
        let mut attacks = Vec::new();
        for (who, what, sql, ending, harmless) in tries {
            let (outcome, nobody) = self.write(session, who, sql, &foreign, ending).await?;
            attacks.push(Attack { what, outcome, harmless, nobody });
        }
        Ok(CrossWrite { control, attacks, before, after: self.images().await? })
    }

    /// One write as a tenant, and whether it was the identity itself that was refused, which closes the door to it too.
    async fn write(
        &self,
        session: &Session,
        tenant: &str,
        sql: &str,
        values: &Values,
        ending: &str,
    ) -> Result<(Outcome, bool)> {
        if let Some(refused) = self.begin_as(session, tenant).await? {
            let closed = refused.closed() == Some(true);
            return Ok(match refused {
                Sight::Refused(refusal) => (Outcome::Refused(refusal), closed),
                Sight::Rows(_) => (Outcome::Done(Rows::default()), false),
            });
        }
        let outcome = session.attempt(sql, values).await?;
        self.end(session, if outcome.refusal().is_some() { "ROLLBACK" } else { ending }).await?;
        Ok((outcome, false))
    }
}
