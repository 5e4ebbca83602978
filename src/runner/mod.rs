//! Runs drills: each on a Postgres of its own, side by side, baseline and sabotaged.

mod once;
mod outcome;
mod schema;
mod system;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};

pub use once::Ended;
pub use outcome::{BreakRecord, DrillRecord, Proof};

use crate::catalog::Snapshot;
use crate::context::Scenario;
use crate::drill::{Break, Drill};
use crate::error::{Error, Result};
use crate::events::{Event, Listener};
use crate::postgres::{Cluster, ClusterOptions, Identity, Provisioner};
use crate::process::Scope;
use crate::recorder::Recorder;
use crate::subject::Subject;
use system::System;

/// How many of a drill's breaks are tried beside the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Prove {
    /// The drill's first break.
    One,
    /// Every break.
    All,
    /// None: the decision then says that the drill was not seen to fail.
    None,
}

/// What to run and how.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Which breaks are tried.
    pub prove: Prove,
    /// How many drills run side by side.
    pub jobs: usize,
    /// Source of all randomness.
    pub seed: u64,
    /// Workers of a fleet.
    pub workers: usize,
    /// Rows that a fleet works through.
    pub rows: usize,
    /// Whether a drill's server is left up after it.
    pub keep: bool,
    /// Longest time that one run of a drill may take; of the whole history, each migration.
    pub timeout: Duration,
    /// Whether drills that can go through the whole history of migrations do so.
    pub whole_history: bool,
}

/// A subject, and the drills that are put to it.
#[derive(Debug, Clone)]
pub struct Assigned {
    /// The subject.
    pub subject: Subject,
    /// Ids of the drills.
    pub drills: Vec<&'static str>,
}

/// The server that drills run on.
pub struct Server {
    /// Which it is.
    pub identity: Identity,
    /// Its settings by name.
    pub settings: BTreeMap<String, String>,
    /// The names of the subjects, each with what the catalog holds of it.
    pub catalogs: Vec<(String, Snapshot)>,
}

/// Runs drills, each on the subject that it is assigned to.
pub struct Runner<'a> {
    systems: Vec<(System, Vec<&'static str>)>,
    provisioner: Arc<Provisioner>,
    scope: Arc<Scope>,
    plan: Plan,
    listener: &'a dyn Listener,
    kept: std::sync::Mutex<Vec<(&'static str, Cluster)>>,
}

/// One run of one drill.
#[derive(Clone, Copy)]
struct Job<'d> {
    drill: &'d dyn Drill,
    sabotage: Option<&'static Break>,
}

impl<'a> Runner<'a> {
    /// A runner for the subjects.
    pub fn new(
        assigned: &[Assigned],
        provisioner: Arc<Provisioner>,
        scope: Arc<Scope>,
        plan: Plan,
        listener: &'a dyn Listener,
    ) -> Self {
        let systems = assigned.iter().map(|Assigned { subject, drills }| {
            let system = System::new(subject.clone(), Arc::clone(&provisioner), Arc::clone(&scope));
            (system, drills.clone())
        });
        let systems = systems.collect();
        Self { systems, provisioner, scope, plan, listener, kept: std::sync::Mutex::default() }
    }

    fn first(&self) -> Result<&System> {
        let first = self.systems.first().map(|(system, _)| system);
        first.ok_or_else(|| Error::harness("there is no subject"))
    }

    /// The system that a drill is put to.
    fn system(&self, drill: &str) -> Result<&System> {
        let own = self.systems.iter().find(|(_, drills)| drills.contains(&drill));
        own.map(|(system, _)| system)
            .ok_or_else(|| Error::harness(format!("no subject is assigned to {drill}")))
    }

    /// Sets up the systems of these drills, so that what is wrong with a schema ends the run before any drill.
    async fn set_up(&self, drills: &[&dyn Drill]) -> Result<()> {
        let needed: Vec<&System> = self
            .systems
            .iter()
            .filter(|(_, own)| drills.iter().any(|drill| own.contains(&drill.spec().id)))
            .map(|(system, _)| system)
            .collect();
        // Where drills cannot run side by side, neither can this.
        stream::iter(needed)
            .map(|system| async move { system.template(&self.plan).await.map(|_| ()) })
            .buffer_unordered(self.plan.jobs.max(1))
            .try_collect()
            .await
    }

    /// Runs the drills and the breaks that the plan asks for; the records come in the order of the drills.
    ///
    /// # Errors
    /// When the subject's schema cannot be set up, or Postgres cannot be had.
    pub async fn run(&self, drills: &[&dyn Drill]) -> Result<Vec<DrillRecord>> {
        self.set_up(drills).await?;
        let jobs: Vec<Job<'_>> = drills.iter().flat_map(|&drill| self.jobs(drill)).collect();
        let mut records: Vec<DrillRecord> = Vec::new();
        for (job, ended) in jobs.iter().zip(self.all(&jobs).await) {
            match job.sabotage {
                None => records.push(DrillRecord::new(job.drill.spec(), ended)),
                Some(sabotage) => {
                    if let Some(record) = records.last_mut() {
                        record.breaks.push(BreakRecord::new(sabotage, &ended));
                    }
                }
            }
        }
        Ok(records)
    }

    /// Runs one drill once under a break.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn run_broken(
        &self,
        drill: &dyn Drill,
        sabotage: &'static Break,
    ) -> Result<(DrillRecord, BreakRecord)> {
        self.set_up(&[drill]).await?;
        let ended = self.job(Job { drill, sabotage: Some(sabotage) }).await;
        let proof = BreakRecord::new(sabotage, &ended);
        Ok((DrillRecord::new(drill.spec(), ended), proof))
    }

    /// Runs every break of the drills; the proofs come in the order of drills and breaks.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn prove<'d>(&self, drills: &[&'d dyn Drill]) -> Result<Vec<(&'static str, BreakRecord)>> {
        self.set_up(drills).await?;
        let each = |&drill: &&'d dyn Drill| {
            drill.spec().breaks.iter().map(move |sabotage| (drill, sabotage)).collect::<Vec<_>>()
        };
        let pairs: Vec<(&dyn Drill, &'static Break)> = drills.iter().flat_map(each).collect();
        let jobs: Vec<Job<'_>> =
            pairs.iter().map(|&(drill, sabotage)| Job { drill, sabotage: Some(sabotage) }).collect();
        let ended = self.all(&jobs).await;
        let proven = pairs.iter().zip(&ended);
        Ok(proven
            .map(|((drill, sabotage), ended)| (drill.spec().id, BreakRecord::new(sabotage, ended)))
            .collect())
    }

    /// Runs jobs side by side, the lengthy ones first; the ends come in the order of the jobs.
    async fn all(&self, jobs: &[Job<'_>]) -> Vec<once::Ended> {
        self.listener.on(&Event::Began { jobs: jobs.len() });
        let mut order: Vec<(usize, &Job<'_>)> = jobs.iter().enumerate().collect();
        order.sort_by_key(|(_, job)| !job.drill.lengthy());
        let mut done: Vec<(usize, once::Ended)> = stream::iter(order)
            .map(|(at, job)| async move { (at, self.job(*job).await) })
            .buffer_unordered(self.plan.jobs.max(1))
            .collect()
            .await;
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, ended)| ended).collect()
    }

    /// The server that drills run on, and what its catalog holds of each subject: told by the first server of each.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn server(&self) -> Result<Server> {
        let mut server = None;
        let mut catalogs = Vec::new();
        for (system, _) in &self.systems {
            let (identity, settings, catalog) = system.seen(&self.plan).await?;
            catalogs.push((system.written().name.clone(), catalog.clone()));
            server.get_or_insert_with(|| (identity.clone(), settings.clone()));
        }
        let (identity, settings) = server.ok_or_else(|| Error::harness("there is no subject"))?;
        Ok(Server { identity, settings, catalogs })
    }

    /// A server of one's own with the first subject's schema, whose login roles are let in.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn cluster(&self) -> Result<Cluster> {
        let system = self.first()?;
        let template = system.template(&self.plan).await?;
        let cluster = self.provisioner.cluster(template, &ClusterOptions::default()).await?;
        system.admitted(cluster).await
    }

    /// A server with the first subject's schema, only to look at: no template of it is kept for later runs.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn looked_at(&self) -> Result<Cluster> {
        let system = self.first()?;
        system.admitted(system.passing().await?).await
    }

    /// The servers that `keep` asked to leave up, each with the drill that ran on it.
    pub fn kept(&self) -> Vec<(&'static str, Cluster)> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn jobs<'d>(&self, drill: &'d dyn Drill) -> Vec<Job<'d>> {
        let breaks = drill.spec().breaks;
        let tried = match self.plan.prove {
            Prove::None => &breaks[..0],
            Prove::One => &breaks[..breaks.len().min(1)],
            Prove::All => breaks,
        };
        let sabotaged = tried.iter().map(|sabotage| Job { drill, sabotage: Some(sabotage) });
        std::iter::once(Job { drill, sabotage: None }).chain(sabotaged).collect()
    }

    async fn job(&self, job: Job<'_>) -> once::Ended {
        let id = job.drill.spec().id;
        let scenario = job.sabotage.map_or(Scenario::Baseline, |sabotage| Scenario::Sabotaged(sabotage.id));
        self.listener.on(&Event::Started { drill: id, scenario });
        // Building what the drill keeps in stock happens once a machine, and is not the drill's time. A failure here
        // comes again, and is told, when the drill asks for it.
        let system = self.system(id).ok();
        if let Some(system) = system {
            let _ = system.template_of(job.drill, job.sabotage, &self.plan).await;
        }
        let started = Instant::now();
        let recorder = Recorder::default();
        let history = system.filter(|_| self.plan.whole_history);
        let migrations = history.map_or(1, System::migrations);
        let patience = self.plan.timeout.saturating_mul(u32::try_from(migrations).unwrap_or(u32::MAX));
        let running = self.once(job.drill, job.sabotage, patience, &recorder);
        let mut ended = match tokio::time::timeout(patience, running).await {
            Ok(ended) => ended,
            Err(_) => once::Ended::timeout(job.drill.spec(), patience, recorder.take()),
        };
        ended.duration = started.elapsed();
        self.listener.on(&Event::Finished { drill: id, scenario, ended: &ended });
        ended
    }
}
