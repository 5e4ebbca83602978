//! One run of one drill: a fresh server, the break if any, the deed, the findings.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;

use super::{Plan, Runner};
use crate::context::{Context, Scenario};
use crate::drill::{Applied, Break, Drill, DrillSpec};
use crate::error::Error;
use crate::evidence::Evidence;
use crate::hooks::Hooks;
use crate::postgres::{ClusterOptions, ServerLog};
use crate::recorder::{Log, Recorder};
use crate::session::Session;
use crate::stage::Stage;
use crate::verdict::Finding;

/// How one run of a drill ended.
pub struct Ended {
    /// Findings, one a claim, with the evidence line.
    pub evidence: Evidence,
    /// What was written down.
    pub log: Log,
    /// What the server logged that may hold a password. Nothing of it is shown: it tells what must not be.
    pub logged: Vec<String>,
    /// Whether the break could be made; `None` in the baseline, and where it did not come to that.
    pub applied: Option<Applied>,
    /// Whether the time-out ended it.
    pub timed_out: bool,
    /// How long it took, servers and all.
    pub duration: Duration,
}

impl Ended {
    fn new(evidence: Evidence, log: Log, applied: Option<Applied>) -> Self {
        let (logged, timed_out, duration) = (Vec::new(), false, Duration::ZERO);
        Self { evidence, log, logged, applied, timed_out, duration }
    }

    pub(super) fn timeout(spec: &DrillSpec, after: Duration, log: Log) -> Self {
        let why = format!("the drill did not end within {} s", after.as_secs());
        Self { timed_out: true, ..Self::new(unproven(spec, &why), log, None) }
    }
}

impl Runner<'_> {
    pub(super) async fn once(
        &self,
        drill: &dyn Drill,
        sabotage: Option<&'static Break>,
        patience: Duration,
        recorder: &Recorder,
    ) -> Ended {
        let (mut applied, mut logged) = (None, Vec::new());
        let time = (Instant::now(), patience);
        let attempt = self.attempt(drill, sabotage, time, recorder, &mut applied, &mut logged);
        let evidence = match AssertUnwindSafe(attempt).catch_unwind().await {
            Ok(Ok(evidence)) => evidence.settled(drill.spec().claims),
            Ok(Err(error)) => unproven(drill.spec(), &error.to_string()),
            Err(_) => unproven(drill.spec(), "the drill panicked, which is a defect of sor-gate"),
        };
        Ended { logged, ..Ended::new(evidence, recorder.take(), applied) }
    }

    async fn attempt(
        &self,
        drill: &dyn Drill,
        sabotage: Option<&'static Break>,
        time: (Instant, Duration),
        recorder: &Recorder,
        applied: &mut Option<Applied>,
        logged: &mut Vec<String>,
    ) -> Result<Evidence, Error> {
        let system = self.system(drill.spec().id)?;
        let mut subject = system.subject().await?.clone();
        let mut hooks = Hooks::default();
        let template = system.template_of(drill, sabotage, &self.plan).await?;
        let options = ClusterOptions { tcp: subject.database.tcp, ..ClusterOptions::default() };
        let cluster = self.provisioner.cluster(&template, &options).await?;
        if sabotage.is_none() {
            system.look(&cluster).await;
        }
        for role in subject.login_roles() {
            cluster.admit(role).await?;
        }
        let scratch = self.scope.fresh_path("drill");
        std::fs::create_dir_all(&scratch)
            .map_err(|error| Error::environment(error.to_string()).at(scratch.display()))?;
        if let Some(sabotage) = sabotage {
            let admin =
                Session::new(cluster.admin().await?, "break", &cluster.superuser().user, recorder.clone());
            let mut stage =
                Stage { subject: &mut subject, admin: &admin, hooks: &mut hooks, scratch: &scratch };
            let done = match (sabotage.apply)(&mut stage).await {
                Ok(done) => done,
                Err(error) => {
                    *applied = Some(Applied::Unviable(error.to_string()));
                    return Err(error.during("making the break"));
                }
            };
            let viable = matches!(done, Applied::Done(_));
            *applied = Some(done);
            if !viable {
                return Err(Error::harness("the break does not apply to this subject"));
            }
        }
        let scenario = sabotage.map_or(Scenario::Baseline, |sabotage| Scenario::Sabotaged(sabotage.id));
        let Plan { seed, workers, rows, .. } = self.plan;
        let scope = Arc::clone(&self.scope);
        let context = Context {
            subject,
            cluster,
            scope,
            scenario,
            seed,
            workers,
            rows: rows.max(workers),
            whole_history: self.plan.whole_history,
            recorder: recorder.clone(),
            scratch,
            time,
            hooks,
        };
        let evidence = match drill.run(&context).await {
            Err(error) => Err(context.cluster.blame_soon(error).await),
            seen => seen,
        };
        logged.extend(context.cluster.log().map(suspect).unwrap_or_default());
        if self.plan.keep {
            let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            kept.push((drill.spec().id, context.cluster));
        } else {
            context.cluster.stop().await?;
        }
        evidence
    }
}

/// The messages that may hold a password; most of a log holds none.
fn suspect(log: &ServerLog) -> Vec<String> {
    let messages = log.since(0).into_iter().map(|line| line.message);
    messages.filter(|text| text.contains("://") || text.to_lowercase().contains("pass")).collect()
}

fn unproven(spec: &DrillSpec, why: &str) -> Evidence {
    let findings =
        spec.claims.iter().map(|claim| Finding::unproven(claim.id, claim.statement, why)).collect();
    Evidence::new(format!("not proven: {why}"), findings)
}
