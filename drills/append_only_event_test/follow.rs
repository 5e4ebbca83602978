//! A follower of the events, and two writers of whom the first commits last.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::session::Session;
use sor_gate::template::Values;

use super::bench::Bench;
use super::judge::Gap;

const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(2);

/// A follower: where it is, and what it saw.
struct Follower<'a> {
    bench: &'a Bench<'a>,
    session: Session,
    rule: &'a str,
    cursor: String,
    seen: BTreeSet<String>,
}

impl Follower<'_> {
    /// Reads on until nothing more comes.
    async fn read(&mut self) -> Result<()> {
        loop {
            self.bench.begin(&self.session).await?;
            let values = self.bench.values.clone().with("cursor", &self.cursor);
            let rows = self.session.must(self.rule, &values).await?;
            self.bench.end(&self.session, "COMMIT").await?;
            if rows.rows.is_empty() {
                return Ok(());
            }
            self.seen.extend(rows.all("id")?);
            if let Some(cursor) = rows.all("cursor")?.pop() {
                self.cursor = cursor;
            }
        }
    }
}

impl Bench<'_> {
    async fn follower<'b>(&'b self, rule: &'b str, label: &str) -> Result<Follower<'b>> {
        let session = self.cx.worker_session(label).await?;
        let mut follower =
            Follower { bench: self, session, rule, cursor: String::new(), seen: BTreeSet::new() };
        follower.read().await?;
        Ok(follower)
    }

    /// Two writers append, the one with the smaller id commits last; the subject's rule and the naive one follow.
    pub async fn gap(&self, rule: &str) -> Result<Gap> {
        let (id, table) = (&self.events.id, &self.events.table);
        let naive = format!(
            "SELECT {id} AS id, {id} AS cursor FROM {table} WHERE {id} > coalesce(nullif(${{cursor}}::text, ''), \
             (SELECT {id} FROM {table} ORDER BY {id} LIMIT 1)::text)::{} ORDER BY {id}",
            self.id_type().await?
        );
        let (mut follower, mut naive) =
            tokio::try_join!(self.follower(rule, "follower"), self.follower(&naive, "naive follower"))?;
        let (first, second) =
            tokio::try_join!(self.cx.worker_session("writer 1"), self.cx.worker_session("writer 2"))?;
        self.begin(&first).await?;
        self.begin(&second).await?;
        let append = &self.events.append;
        first.must(append, &self.values).await?;
        let pid = first.pid().await?;
        let (mut early, mut late) = (&second, &first);
        // A subject may let writers wait for each other, and so have no gap to begin with.
        let serialised = tokio::select! {
            biased;
            done = second.must(append, &self.values) => { done?; false }
            waited = self.cx.wait_blocked_by(pid, 1) => { waited? > 0 }
        };
        if serialised {
            drop(second);
            self.end(&first, "COMMIT").await?;
            follower.read().await?;
            return Ok(Gap { serialised, ..Gap::default() });
        }
        let mut ids = Vec::new();
        for writer in [&first, &second] {
            ids.push(self.newest_of(writer).await?);
        }
        if !self.precedes(&ids[0], &ids[1]).await? {
            (early, late) = (late, early);
            ids.reverse();
        }
        self.end(early, "COMMIT").await?;
        follower.read().await?;
        naive.read().await?;
        let between: Vec<_> = ids.iter().filter(|id| follower.seen.contains(*id)).cloned().collect();
        self.end(late, "COMMIT").await?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            follower.read().await?;
            if ids.iter().all(|id| follower.seen.contains(id)) || Instant::now() > deadline {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        naive.read().await?;
        let missed = ids.iter().filter(|id| !follower.seen.contains(*id)).cloned().collect();
        let naive_missed = !naive.seen.is_empty() && ids.iter().any(|id| !naive.seen.contains(id));
        Ok(Gap { serialised, ids, between, missed, naive_missed })
    }

    /// The id that the session's own open transaction has appended: it sees one that admin does not.
    async fn newest_of(&self, session: &Session) -> Result<String> {
        let (id, table) = (&self.events.id, &self.events.table);
        let sql = format!(
            "SELECT (SELECT {id} FROM {table} ORDER BY {id} LIMIT 1)::text AS least, \
                    (SELECT {id} FROM {table} ORDER BY {id} DESC LIMIT 1)::text AS greatest"
        );
        let (own, all) =
            (session.must(&sql, &self.values).await?, self.admin.must(&sql, &self.values).await?);
        let end = if own.first("greatest")? == all.first("greatest")? { "least" } else { "greatest" };
        own.first(end)
    }

    async fn id_type(&self) -> Result<String> {
        let sql = "SELECT format_type(atttypid, NULL) AS type FROM pg_attribute \
                   WHERE attrelid = ${table}::text::regclass AND attname = ${id}::text";
        let values = Values::new().with("table", &self.events.table).with("id", &self.events.id);
        self.admin.must(sql, &values).await?.first("type")
    }

    async fn precedes(&self, one: &str, other: &str) -> Result<bool> {
        let sql = format!(
            "SELECT ${{one}}::text::{kind} < ${{other}}::text::{kind} AS less",
            kind = self.id_type().await?
        );
        let rows = self.admin.must(&sql, &Values::new().with("one", one).with("other", other)).await?;
        rows.flag(0, "less")
    }
}
