//! The outbox as it is written: together with its business row, and once per key.

use futures::future::try_join_all;
use sor_gate::error::{Error, Result};
use sor_gate::fault::{FaultEvent, FaultKind};
use sor_gate::template::Values;

use super::judge::{Atomic, Cut, Unique};
use super::yard::{PAUSE, Yard};

impl Yard<'_> {
    /// The write, cut off behind each of its statements by the death of its backend, and once to its end.
    pub async fn cut_writes(&self) -> Result<Atomic> {
        let cuts = try_join_all((1..=self.outbox.write.len()).map(|after| self.cut_write(after))).await?;
        self.queue(&["A-whole"]).await?;
        Ok(Atomic { cuts, whole: self.written("A-whole").await? })
    }

    async fn cut_write(&self, after: usize) -> Result<Cut> {
        let key = format!("A-{after}");
        let session = self.cx.worker_session(&format!("writer cut off after statement {after}")).await?;
        let pid = session.pid().await?;
        self.write_some(&session, &key, &self.outbox.write[..after]).await?;
        let end = "SELECT pg_terminate_backend(${pid}::int)";
        self.watcher.must(end, &Values::new().with("pid", pid)).await?;
        let left = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1";
        while self.watcher.client().query_one(left, &[&pid]).await?.get::<_, i64>(0) > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let cut = format!("backend {pid} terminated behind statement {after} of a write, and gone");
        self.cx.recorder.faults([FaultEvent::now(FaultKind::Terminate, cut)]);
        let (business, messages) = self.written(&key).await?;
        Ok(Cut { after, business, messages })
    }

    /// Business rows and outbox rows of a key.
    async fn written(&self, key: &str) -> Result<(usize, usize)> {
        let (business, messages) = tokio::try_join!(self.business(key), self.messages())?;
        Ok((business, messages.iter().filter(|message| message.key == key).count()))
    }

    /// The same dedup key twice, and another one.
    pub async fn key_twice(&self) -> Result<Unique> {
        let first = self.insert("U-1").await?;
        let second = self.insert("U-1").await?;
        let other = self.insert("U-2").await?;
        if let Some(refusal) = first.refusal() {
            return Err(Error::usage(format!("outbox.insert is refused: {refusal}")));
        }
        let messages = self.messages().await?;
        let count = |key: &str| messages.iter().filter(|message| message.key == key).count();
        Ok(Unique {
            second: second.to_string(),
            other: other.to_string(),
            rows: count("U-1"),
            others: count("U-2"),
        })
    }
}
