//! An event that comes by COPY and is changed in the same transaction.

use bytes::Bytes;
use futures::{SinkExt, TryStreamExt};
use sor_gate::error::{Error, Result};
use sor_gate::session::{Outcome, Refusal, Session};
use sor_gate::template::{self, Values};

use super::bench::Bench;
use super::judge::Attempt;
use super::targets::Targets;

impl Bench<'_> {
    /// Copies the event out and in again, then tries to change what came in. Where COPY itself is refused, that is
    /// what is handed back: with row-level security Postgres takes none (manual, COPY).
    pub async fn copy(&self, id: &str, targets: &Targets) -> Result<Attempt> {
        // A connection of its own, because the driver loses its place when a COPY is refused.
        let session = self.cx.session(self.cx.subject.events_role(), "copier").await?;
        let (table, key) = (&self.events.table, &self.events.id);
        let columns: Vec<_> = targets
            .columns
            .iter()
            .filter(|c| c.insertable && !targets.in_a_key(&c.name))
            .map(|c| c.name.as_str())
            .collect();
        let columns = columns.join(", ");
        let values = Values::new().with("id", id);
        let out = template::paste(
            &format!("COPY (SELECT {columns} FROM {table} WHERE {key} = ${{id}}) TO STDOUT"),
            &values,
        )?;
        let into = format!("COPY {table} ({columns}) FROM STDIN");
        self.begin(&session).await?;
        let copied = self.copy_through(&session, &out, &into).await?;
        let attempt = Attempt::on("COPY, then UPDATE".into(), &targets.guard.table);
        if let Some(refusal) = copied {
            return Ok(Attempt { outcome: Outcome::Refused(refusal), copy_closed: true, ..attempt });
        }
        let column = targets.columns.iter().find(|c| c.itself != "DEFAULT").map_or("", |c| c.name.as_str());
        let newest = format!("(SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT 1)");
        let sql = format!("UPDATE {table} SET {column} = {column} WHERE {key} = {newest}");
        let outcome = session.attempt(&sql, &self.values).await?;
        self.end(&session, "ROLLBACK").await?;
        Ok(Attempt { outcome, ..attempt })
    }

    /// Sends what one COPY answers into another; the refusal of either.
    async fn copy_through(&self, session: &Session, out: &str, into: &str) -> Result<Option<Refusal>> {
        let client = session.client();
        let sent = async {
            let rows: Vec<Bytes> = client.copy_out(out).await?.try_collect().await?;
            let sink = client.copy_in(into).await?;
            futures::pin_mut!(sink);
            for row in rows {
                sink.send(row).await?;
            }
            sink.finish().await
        };
        match sent.await {
            Ok(rows) => {
                self.cx.recorder.note("copy", format!("{rows} event(s) copied in"));
                Ok(None)
            }
            Err(error) => match error.as_db_error() {
                Some(refusal) => Ok(Some(refusal.into())),
                None => Err(Error::from(error)),
            },
        }
    }
}
