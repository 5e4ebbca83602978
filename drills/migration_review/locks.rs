//! The locks that the upgrade really holds, and what a reader and a writer beside it live through.
//!
//! The transaction is held open between its last statement and its COMMIT. In that moment every lock that it took is
//! still there to be read from `pg_locks`, and a reader and a writer started then meet them for certain.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::migration::reading::Running;
use sor_gate::migration::{Script, Sending};
use tokio_postgres::Client;

use super::branch::Branch;
use super::trial::{self, Run};

/// A session beside the migration.
#[derive(Debug, Clone, PartialEq)]
pub struct Bystander {
    /// Qualified table.
    pub table: String,
    /// `reader` or `writer`.
    pub what: &'static str,
    /// Whether `pg_blocking_pids` named the migration as what it waited for.
    pub blocked: bool,
    /// How long its statement took.
    pub waited_ms: f64,
}

/// What was held, and who met it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held {
    /// Lock modes by table that existed before, granted to the migration.
    pub modes: BTreeMap<String, Vec<String>>,
    pub bystanders: Vec<Bystander>,
    /// Whether the transaction was held open while looking; else the locks were only sampled.
    pub held_open: bool,
}

impl Held {
    /// A bystander that is stopped waits for the run of the upgrade and then for the rest of its transaction.
    pub fn longest_wait_ms(&self, run_ms: f64) -> f64 {
        let waits = self.bystanders.iter().map(|bystander| match (bystander.blocked, self.held_open) {
            (true, true) => run_ms + bystander.waited_ms,
            (_, false) => bystander.waited_ms,
            (false, true) => 0.0,
        });
        waits.fold(0.0, f64::max)
    }
}

const LOCKS: &str = "\
    SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname), l.mode \
    FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE l.pid = $1 AND l.granted AND l.locktype = 'relation' AND c.relkind IN ('r', 'p', 'm') \
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2";

/// Runs the upgrade and looks at its locks; commits it.
pub async fn watched(
    cx: &Context,
    branch: &Branch,
    migrator: &Client,
    script: &Script,
    running: Running,
) -> Result<(Run, Held)> {
    if running != Running::Transaction || matches!(script.sending, Sending::Command(_)) {
        return sampled(cx, branch, migrator, script, running).await;
    }
    let pid = pid(migrator).await?;
    migrator.batch_execute("BEGIN").await?;
    let started = Instant::now();
    let outcome = migrator.batch_execute(&script.text).await;
    let run = trial::settle(migrator, outcome, started).await?;
    if run.is_err() {
        return Ok((run, Held::default()));
    }
    let modes = modes(branch.admin(), pid).await?;
    let tables: Vec<String> = modes.keys().cloned().collect();
    let readers = bystanders(cx, branch, &tables).await?;
    let watch = async {
        let blocked = settled(branch.admin(), pid, &readers).await?;
        let ending = Instant::now();
        let outcome = migrator.batch_execute("COMMIT").await;
        Ok::<_, sor_gate::error::Error>((blocked, trial::settle(migrator, outcome, ending).await?))
    };
    let (waits, watched) = tokio::join!(try_join_all(readers.iter().map(Beside::act)), watch);
    let (blocked, commit) = watched?;
    let waits = waits?;
    let bystanders = readers
        .iter()
        .zip(waits)
        .map(|(beside, waited)| Bystander {
            table: beside.table.clone(),
            what: beside.what,
            blocked: blocked.contains(&beside.pid),
            waited_ms: waited.as_secs_f64() * 1e3,
        })
        .collect();
    readers.into_iter().for_each(|beside| branch.give_back(beside.client));
    let run = match (run, commit) {
        (Ok(run), Ok(commit)) => Ok(run + commit),
        (_, refused) => refused,
    };
    Ok((run, Held { modes, bystanders, held_open: true }))
}

/// A script that no transaction holds is watched while it runs: readers and writers go round and round beside it.
async fn sampled(
    cx: &Context,
    branch: &Branch,
    migrator: &Client,
    script: &Script,
    running: Running,
) -> Result<(Run, Held)> {
    let pid = pid(migrator).await?;
    let tables: Vec<String> = {
        let digests = branch.rows().await?;
        digests.tables.into_iter().filter(|table| table.rows > 0).map(|table| table.table).collect()
    };
    let readers = bystanders(cx, branch, &tables).await?;
    let (done, over) = tokio::sync::watch::channel(false);
    let rounds = try_join_all(readers.iter().map(async |beside| {
        let mut longest = Duration::ZERO;
        loop {
            longest = longest.max(beside.act().await?);
            if *over.borrow() {
                return Ok::<_, sor_gate::error::Error>(longest);
            }
        }
    }));
    let watcher = branch.session(cx, "watcher").await?;
    let (mut seen, mut blocked) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
    let work = async {
        let mut running = std::pin::pin!(trial::execute(cx, branch, migrator, script, running));
        let run = loop {
            tokio::select! {
                run = &mut running => break run,
                sample = at_work(&watcher, pid) => {
                    for pid in sample? {
                        for (table, modes) in modes(&watcher, pid).await? {
                            let known = seen.entry(table).or_default();
                            known.extend(modes.into_iter().filter(|mode| !known.contains(mode)).collect::<Vec<_>>());
                        }
                        blocked.extend(blocked_by(&watcher, pid).await?);
                    }
                }
            }
        };
        // Nobody listens any more only when a round has failed, which is told below.
        let _ = done.send(true);
        run
    };
    let (longest, run) = tokio::join!(rounds, work);
    let bystanders = readers
        .iter()
        .zip(longest?)
        .map(|(beside, longest)| Bystander {
            table: beside.table.clone(),
            what: beside.what,
            blocked: blocked.contains(&beside.pid),
            waited_ms: longest.as_secs_f64() * 1e3,
        })
        .collect();
    readers.into_iter().for_each(|beside| branch.give_back(beside.client));
    Ok((run?, Held { modes: seen, bystanders, held_open: false }))
}

struct Beside {
    client: Client,
    pid: i32,
    table: String,
    what: &'static str,
}

impl Beside {
    /// Reads, or takes the lock that every INSERT, UPDATE and DELETE takes, and lets go again. A table that is
    /// gone afterwards has made it wait all the same.
    async fn act(&self) -> Result<Duration> {
        let mode = if self.what == "reader" { "ACCESS SHARE" } else { "ROW EXCLUSIVE" };
        let started = Instant::now();
        let outcome =
            self.client.batch_execute(&format!("BEGIN; LOCK TABLE {} IN {mode} MODE", self.table)).await;
        let waited = started.elapsed();
        self.client.batch_execute("ROLLBACK").await?;
        match outcome {
            Err(error) if error.as_db_error().is_none() => Err(error.into()),
            _ => Ok(waited),
        }
    }
}

async fn bystanders(cx: &Context, branch: &Branch, tables: &[String]) -> Result<Vec<Beside>> {
    /// More would say nothing new.
    const TABLES: usize = 8;
    let wanted = tables.iter().take(TABLES).flat_map(|table| [(table, "reader"), (table, "writer")]);
    try_join_all(wanted.map(async |(table, what)| {
        let client = branch.spare(cx).await?;
        let pid = pid(&client).await?;
        Ok(Beside { client, pid, table: table.clone(), what })
    }))
    .await
}

async fn pid(client: &Client) -> Result<i32> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0))
}

async fn modes(admin: &Client, pid: i32) -> Result<BTreeMap<String, Vec<String>>> {
    let mut modes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in admin.query(LOCKS, &[&pid]).await? {
        modes.entry(row.get(0)).or_default().push(row.get(1));
    }
    Ok(modes)
}

/// The migrator's session, and those of a migration tool: whoever is there that the drill has not sent.
async fn at_work(watcher: &Client, migrator: i32) -> Result<Vec<i32>> {
    let others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' \
        AND (pid = $1 OR application_name NOT IN ('admin', 'migrator', 'bystander', 'watcher', 'sor-gate'))";
    Ok(watcher.query(others, &[&migrator]).await?.iter().map(|row| row.get(0)).collect())
}

async fn blocked_by(admin: &Client, pid: i32) -> Result<Vec<i32>> {
    let blocked = "SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))";
    Ok(admin.query(blocked, &[&pid]).await?.iter().map(|row| row.get(0)).collect())
}

/// Waits until every bystander is either through or seen to be blocked; answers the blocked ones.
async fn settled(admin: &Client, pid: i32, bystanders: &[Beside]) -> Result<Vec<i32>> {
    const PATIENCE: Duration = Duration::from_secs(20);
    const PAUSE: Duration = Duration::from_millis(1);
    let pids: Vec<i32> = bystanders.iter().map(|beside| beside.pid).collect();
    // Through: back outside a transaction after the ROLLBACK that ends its act.
    let through = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1) AND state = 'idle' AND query = 'ROLLBACK'";
    let deadline = Instant::now() + PATIENCE;
    loop {
        let blocked: Vec<i32> =
            blocked_by(admin, pid).await?.into_iter().filter(|pid| pids.contains(pid)).collect();
        let done: i64 = admin.query_one(through, &[&pids]).await?.get(0);
        if blocked.len() + usize::try_from(done).unwrap_or(0) >= pids.len() || Instant::now() > deadline {
            return Ok(blocked);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
