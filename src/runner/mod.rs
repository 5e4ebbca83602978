//! Runs drills: each on a Postgres of its own, side by side, baseline and sabotaged.

mod once;
mod outcome;
mod schema;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use tokio::sync::OnceCell;

pub use once::Ended;
pub use outcome::{BreakRecord, DrillRecord, Proof};

use crate::context::Scenario;
use crate::drill::{BoxFuture, Break, Drill};
use crate::error::{Error, Result};
use crate::events::{Event, Listener};
use crate::postgres::{Cluster, ClusterOptions, Identity, Provisioner, Template};
use crate::process::Scope;
use crate::recorder::Recorder;
use crate::subject::Subject;

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
    /// Whether a drill's server is left up after it.
    pub keep: bool,
    /// Longest time that one run of a drill may take; of the whole history, each migration.
    pub timeout: Duration,
    /// Whether drills that can go through the whole history of migrations do so.
    pub whole_history: bool,
}

/// Runs drills on one subject.
pub struct Runner<'a> {
    subject: Subject,
    provisioner: Arc<Provisioner>,
    scope: Arc<Scope>,
    plan: Plan,
    listener: &'a dyn Listener,
    template: OnceCell<Template>,
    kept: std::sync::Mutex<Vec<(&'static str, Cluster)>>,
    known: OnceCell<Subject>,
}

/// One run of one drill.
#[derive(Clone, Copy)]
struct Job<'d> {
    drill: &'d dyn Drill,
    sabotage: Option<&'static Break>,
}

impl<'a> Runner<'a> {
    /// A runner for a subject.
    pub fn new(
        subject: Subject,
        provisioner: Arc<Provisioner>,
        scope: Arc<Scope>,
        plan: Plan,
        listener: &'a dyn Listener,
    ) -> Self {
        Self {
            subject,
            provisioner,
            scope,
            plan,
            listener,
            template: OnceCell::new(),
            kept: std::sync::Mutex::default(),
            known: OnceCell::new(),
        }
    }

    /// Runs the drills and the breaks that the plan asks for; the records come in the order of the drills.
    ///
    /// # Errors
    /// When the subject's schema cannot be set up, or Postgres cannot be had.
    pub async fn run(&self, drills: &[&dyn Drill]) -> Result<Vec<DrillRecord>> {
        self.template().await?;
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
        self.template().await?;
        let ended = self.job(Job { drill, sabotage: Some(sabotage) }).await;
        let proof = BreakRecord::new(sabotage, &ended);
        Ok((DrillRecord::new(drill.spec(), ended), proof))
    }

    /// Runs every break of the drills; the proofs come in the order of drills and breaks.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn prove<'d>(&self, drills: &[&'d dyn Drill]) -> Result<Vec<(&'static str, BreakRecord)>> {
        self.template().await?;
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

    /// Runs jobs side by side; the ends come in the order of the jobs.
    async fn all(&self, jobs: &[Job<'_>]) -> Vec<once::Ended> {
        self.listener.on(&Event::Began { jobs: jobs.len() });
        let mut done: Vec<(usize, once::Ended)> = stream::iter(jobs.iter().enumerate())
            .map(|(at, job)| async move { (at, self.job(*job).await) })
            .buffer_unordered(self.plan.jobs.max(1))
            .collect()
            .await;
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, ended)| ended).collect()
    }

    /// The server that drills run on, asked on one of its own: which it is, and its settings by name.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn server(&self) -> Result<(Identity, BTreeMap<String, String>)> {
        let cluster = self.provisioner.cluster(self.template().await?, &ClusterOptions::default()).await?;
        let found = (cluster.identity().await?, cluster.settings().await?);
        cluster.stop().await?;
        Ok(found)
    }

    /// A server of one's own with the subject's schema, whose login roles are let in.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn cluster(&self) -> Result<Cluster> {
        let cluster = self.provisioner.cluster(self.template().await?, &ClusterOptions::default()).await?;
        for role in self.subject.login_roles() {
            cluster.admit(role).await?;
        }
        Ok(cluster)
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
        let started = Instant::now();
        // Building what the drill keeps in stock happens once a machine, and is not the drill's time. A failure here
        // comes again, and is told, when the drill asks for it.
        let _ = self.template_of(job.drill).await;
        let recorder = Recorder::default();
        let running = self.once(job.drill, job.sabotage, &recorder);
        let migrations = if self.plan.whole_history {
            self.known
                .get()
                .and_then(|subject| subject.migrations().ok())
                .map_or(1, |set| set.migrations.len())
        } else {
            1
        };
        let patience = self.plan.timeout.saturating_mul(u32::try_from(migrations).unwrap_or(u32::MAX));
        let mut ended = match tokio::time::timeout(patience, running).await {
            Ok(ended) => ended,
            Err(_) => once::Ended::timeout(job.drill.spec(), patience, recorder.take()),
        };
        ended.duration = started.elapsed();
        self.listener.on(&Event::Finished { drill: id, scenario, ended: &ended });
        ended
    }

    /// The template that a drill starts from: the subject's schema, with what the drill keeps in stock.
    async fn template_of(&self, drill: &dyn Drill) -> Result<Template> {
        let Some(stock) = drill.stock(self.subject().await?) else { return self.template().await.cloned() };
        let schema = Arc::new(self.schema(schema::Until::Proposal).await?.stocked(stock));
        let key = schema.key().to_owned();
        self.provisioner.template(&key, &prepare(schema)).await
    }

    /// The subject, with the history that its migration tool's commands tell.
    async fn subject(&self) -> Result<&Subject> {
        self.known
            .get_or_try_init(|| async {
                let mut subject = self.subject.clone();
                if subject.database.commands.is_some() {
                    let bare = self.provisioner.bare().await?;
                    let cluster = self.provisioner.cluster(&bare, &ClusterOptions::default()).await?;
                    subject.told = told::ask(&subject, &self.scope, &cluster).await?;
                    cluster.stop().await?;
                }
                Ok(subject)
            })
            .await
    }

    async fn schema(&self, until: schema::Until) -> Result<schema::Schema> {
        let subject = self.subject().await?;
        Ok(schema::Schema::read(subject, until)?.with_tool(Arc::clone(&self.scope), subject))
    }

    async fn template(&self) -> Result<&Template> {
        self.template
            .get_or_try_init(|| async {
                let until =
                    if self.plan.whole_history { schema::Until::Start } else { schema::Until::Proposal };
                let schema = Arc::new(self.schema(until).await?);
                let key = schema.key().to_owned();
                self.provisioner.template(&key, &prepare(schema)).await
            })
            .await
            .map_err(|error| match error.kind {
                crate::error::ErrorKind::Harness => {
                    Error::usage(error.what).at(error.place.unwrap_or_default())
                }
                _ => error,
            })
    }
}

/// Ties the closure to the one signature that the provisioner takes.
fn prepare(schema: Arc<schema::Schema>) -> impl for<'c> Fn(&'c Cluster) -> BoxFuture<'c, Result<()>> + Sync {
    move |cluster| {
        let schema = Arc::clone(&schema);
        Box::pin(async move { schema.apply(cluster).await })
    }
}
