//! A follower of the events, and two writers of whom the first commits last.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sor_gate::error::{Error, Result};
use sor_gate::session::Session;
use sor_gate::template::Values;

use super::bench::Bench;
use super::judge::Gap;

const PATIENCE: Duration = Duration::from_secs(20);
/// How often two writers append until the first one's id is the smaller.
const TRIES: usize = 8;
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
        let session = self.cx.session(self.cx.subject.events_role(), label).await?;
        let mut follower =
            Follower { bench: self, session, rule, cursor: String::new(), seen: BTreeSet::new() };
        follower.read().await?;
        Ok(follower)
    }

    /// Two writers append, the one with the smaller id commits last; the subject's rule and the naive one follow.
    pub async fn gap(&self, rule: &str) -> Result<Gap> {
        let (id, table) = (&self.events.id, &self.events.table);
        let role = self.cx.subject.events_role();
        let naive = format!(
            "SELECT {id} AS id, {id} AS cursor FROM {table} WHERE {id} > coalesce(nullif(${{cursor}}::text, ''), \
             (SELECT {id} FROM {table} ORDER BY {id} LIMIT 1)::text)::{} ORDER BY {id}",
            self.id_type().await?
        );
        let (mut follower, mut naive) =
            tokio::try_join!(self.follower(rule, "follower"), self.follower(&naive, "naive follower"))?;
        let (first, second) =
            tokio::try_join!(self.cx.session(role, "writer 1"), self.cx.session(role, "writer 2"))?;
        let (mut early, mut late) = (&second, &first);
        let mut ids = Vec::new();
        for _ in 0..TRIES {
            let Some(drawn) = self.append_both(&first, &second).await? else {
                follower.read().await?;
                return Ok(Gap { serialised: true, ..Gap::default() });
            };
            ids = drawn;
            if self.precedes(&ids[0], &ids[1]).await? {
                break;
            }
            // Ids that do not grow with time, such as random UUIDs: draw again.
            self.end(&first, "COMMIT").await?;
            self.end(&second, "COMMIT").await?;
            ids.clear();
        }
        if ids.is_empty() {
            let drawn = self.append_both(&first, &second).await?;
            ids = drawn.ok_or_else(|| Error::harness("writers began to wait for each other"))?;
            if !self.precedes(&ids[0], &ids[1]).await? {
                (early, late) = (late, early);
                ids.reverse();
            }
        }
        self.end(early, "COMMIT").await?;
        follower.read().await?;
        naive.read().await?;
        let between: Vec<_> = ids.iter().filter(|id| follower.seen.contains(*id)).cloned().collect();
        self.end(late, "COMMIT").await?;
        // Whoever has seen an event that came after both is past them.
        self.begin(late).await?;
        late.must(&self.events.append, &self.values).await?;
        let beyond = self.newest_of(late).await?;
        self.end(late, "COMMIT").await?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            follower.read().await?;
            if follower.seen.contains(&beyond) || Instant::now() > deadline {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        naive.read().await?;
        let missed = ids.iter().filter(|id| !follower.seen.contains(*id)).cloned().collect();
        let naive_missed = !naive.seen.is_empty() && ids.iter().any(|id| !naive.seen.contains(id));
        Ok(Gap { serialised: false, ids, between, missed, naive_missed })
    }

    /// An event of each writer, the first one's first, both transactions left open. `None` where the second writer waits
    /// for the first, which has then committed: a subject may have no gap to begin with.
    async fn append_both(&self, first: &Session, second: &Session) -> Result<Option<Vec<String>>> {
        let append = &self.events.append;
        self.begin(first).await?;
        self.begin(second).await?;
        first.must(append, &self.values).await?;
        let pid = first.pid().await?;
        let appending = second.must(append, &self.values);
        futures::pin_mut!(appending);
        let waits = tokio::select! {
            biased;
            done = &mut appending => { done?; false }
            waited = self.cx.wait_blocked_by(pid, 1) => waited? > 0,
        };
        if waits {
            self.end(first, "COMMIT").await?;
            appending.await?;
            self.end(second, "COMMIT").await?;
            return Ok(None);
        }
        Ok(Some(vec![self.newest_of(first).await?, self.newest_of(second).await?]))
    }

    /// The id that the session's own open transaction has appended: it sees one that admin does not.
    async fn newest_of(&self, session: &Session) -> Result<String> {
        let sql =
            format!("SELECT {id}::text AS id FROM {table}", id = self.events.id, table = self.events.table);
        let all: BTreeSet<_> = self.admin.must(&sql, &self.values).await?.all("id")?.into_iter().collect();
        let own = session.must(&sql, &self.values).await?.all("id")?;
        own.into_iter()
            .find(|id| !all.contains(id))
            .ok_or_else(|| Error::harness("a writer does not see its own event"))
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
