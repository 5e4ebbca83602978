//! What a drill is handed: the subject, a Postgres of its own and the means to write things down.

mod outage;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::drill::Break;
use crate::error::Result;
use crate::fault::proxy::{WirePlan, WireProxy};
use crate::hooks::Hooks;
use crate::postgres::{Cluster, ConnectInfo};
use crate::process::Scope;
use crate::recorder::Recorder;
use crate::redis_server::RedisClient;
use crate::session::Session;
use crate::subject::Subject;
use crate::template::Values;

/// Whether the subject is as it came or sabotaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// As it came.
    Baseline,
    /// Under the break of this id.
    Sabotaged(&'static str),
}

/// A drill's surroundings. Each run of a drill has one of its own.
pub struct Context {
    /// The subject, sabotaged or not.
    pub subject: Subject,
    /// The drill's own Postgres server with the subject's schema in it.
    pub cluster: Cluster,
    /// Everything that the drill starts lives in it.
    pub scope: Arc<Scope>,
    /// As it came or sabotaged.
    pub scenario: Scenario,
    /// All randomness comes from here.
    pub seed: u64,
    /// How many Workers a fleet has.
    pub workers: usize,
    /// How many rows it works through; at least one for each Worker.
    pub rows: usize,
    /// Whether the drill goes through every migration of the history; the database then holds none of them yet.
    pub whole_history: bool,
    /// Where statements and events are written down.
    pub recorder: Recorder,
    /// A folder of the drill's own, removed afterwards.
    pub scratch: PathBuf,
    /// When the drill began, and how long it may take.
    pub time: (Instant, Duration),
    pub(crate) hooks: Hooks,
}

impl Context {
    /// Whether so large a part of the drill's time is over: then nothing long is begun any more.
    pub fn is_late(&self, share: f64) -> bool {
        let (begun, most) = self.time;
        begun.elapsed() > most.mul_f64(share)
    }

    /// A new session of a role on the subject's database; `label` names it in the evidence.
    ///
    /// # Errors
    /// A harness error when the server does not let the role in.
    pub async fn session(&self, role: &str, label: &str) -> Result<Session> {
        let client = self.cluster.connect(role, &self.cluster.database(), label).await?;
        Ok(Session::new(client, label, role, self.recorder.clone()))
    }

    /// A new session by another way to the same server, such as through a proxy.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub async fn session_at(&self, address: &ConnectInfo, label: &str) -> Result<Session> {
        let client = address.connect(label).await?;
        Ok(Session::new(client, label, &address.user, self.recorder.clone()))
    }

    /// A new session of the role in whose name the Worker's writes reach the database.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub async fn worker_session(&self, label: &str) -> Result<Session> {
        self.session(&self.subject.roles.worker, label).await
    }

    /// A new session of the server's admin, for the harness's own steps.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub async fn admin(&self) -> Result<Session> {
        self.session(&self.cluster.superuser().user, "admin").await
    }

    /// Waits until so many sessions are blocked by the backend `pid`, and says how many were; fewer when nothing
    /// moves any more within the patience of two seconds, which is for the judge to weigh.
    ///
    /// # Errors
    /// A harness error when the server cannot be asked.
    pub async fn wait_blocked_by(&self, pid: i32, sessions: usize) -> Result<i64> {
        const PATIENCE: Duration = Duration::from_secs(2);
        const PAUSE: Duration = Duration::from_millis(1);
        let watcher = self.cluster.admin().await?;
        let blocked = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))";
        let deadline = Instant::now() + PATIENCE;
        loop {
            let waiting: i64 = watcher.query_one(blocked, &[&pid]).await?.get(0);
            if waiting >= i64::try_from(sessions).unwrap_or(i64::MAX) || Instant::now() > deadline {
                return Ok(waiting);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Tells that a named moment of the drill is reached, so that a break may interfere there.
    ///
    /// # Errors
    /// A harness error when the break's SQL is refused.
    pub async fn reach(&self, moment: &'static str, values: &Values) -> Result<()> {
        let scripts = self.hooks.scripts(moment);
        if !scripts.is_empty() {
            let admin = self.admin().await?;
            for script in scripts {
                admin.script(script, values).await?;
            }
        }
        Ok(())
    }

    /// The same for what a break does to the cache, to the entry `entry` that held `old` before.
    ///
    /// # Errors
    /// A harness error when the cache refuses it.
    pub async fn reach_in_cache(
        &self,
        moment: &'static str,
        cache: &RedisClient,
        entry: &str,
        old: &[u8],
    ) -> Result<()> {
        for command in self.hooks.cache_commands(moment) {
            let fill = |word: &&'static str| match *word {
                "${entry}" => entry.as_bytes(),
                "${old}" => old,
                word => word.as_bytes(),
            };
            cache.run(&command.iter().map(fill).collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    /// Whether the drill runs under a break that aims at another claim than this one.
    pub fn aims_elsewhere(&self, breaks: &[Break], claim: &str) -> bool {
        let Scenario::Sabotaged(id) = self.scenario else { return false };
        breaks.iter().any(|one| one.id == id && one.claim != claim)
    }

    /// The plan of a wire proxy before the subject's programs: no faults, and what a break rewrites.
    pub fn wire_plan(&self) -> WirePlan {
        self.hooks.rewrites().iter().cloned().fold(WirePlan::clear(), WirePlan::rewrite)
    }

    /// The same in a part of the drill for which a break may have rewrites of its own.
    pub fn wire_plan_in(&self, part: &str) -> WirePlan {
        self.hooks.rewrites_in(part).cloned().fold(WirePlan::clear(), WirePlan::rewrite)
    }

    /// A wire proxy before the server for a role; programs are sent there with `Assignment::through`.
    ///
    /// # Errors
    /// When its socket cannot be made.
    pub async fn proxy(&self, role: &str, plan: WirePlan) -> Result<WireProxy> {
        let upstream = self.cluster.connect_info(role, &self.cluster.database());
        WireProxy::start(&upstream, self.listen(), plan).await
    }
}
