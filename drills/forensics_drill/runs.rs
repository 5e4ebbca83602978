//! The runs: two healthy ones side by side, one alone, and one for each known way to fail.

use futures::future::try_join_all;
use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::forensics::CaseFile;
use sor_gate::session::Session;
use sor_gate::subject::{FailureKind, Forensics, Journal, Tenancy};
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Worker};

use super::judge::Failed;

pub const HEALTHY: &str = "night-healthy";
pub const BESIDE: &str = "night-beside";
pub const ALONE: &str = "night-alone";
/// What a break acts on: all runs but the last have ended.
pub const ENDED: &str = "runs_ended";

/// Where runs are made.
pub struct Yard<'a> {
    pub cx: &'a Context,
    pub binding: &'a Forensics,
    pub journal: &'a Journal,
    pub tenancy: &'a Tenancy,
    pub admin: &'a Session,
}

/// What was made.
pub struct Made {
    /// How many Workers were in mid-turn at one moment.
    pub overlap: i64,
    pub failed: Vec<Failed>,
}

/// A run about to be worked.
struct Planned {
    run: String,
    tenant: String,
    kind: Option<FailureKind>,
    worker: Option<Worker>,
}

impl Yard<'_> {
    /// Works every run at the same time, held together at the journal's lock, and makes those fail that are to.
    pub async fn make(&self) -> Result<Made> {
        let mut planned = self.plan().await?;
        let holder = self.cx.admin().await?;
        let none = Values::new();
        holder.script("BEGIN", &none).await?;
        for one in &planned {
            holder.script(&self.journal.hold, &one.values()).await?;
        }
        let assignments: Vec<Assignment> = planned
            .iter()
            .map(|one| Assignment::run(&one.run, &one.tenant, &format!("worker of {}", one.run)))
            .collect();
        let started = try_join_all(assignments.iter().map(|one| self.cx.start_worker(one))).await?;
        for (one, worker) in planned.iter_mut().zip(started) {
            one.worker = Some(worker);
        }
        let workers: Vec<&Worker> = planned.iter().filter_map(|one| one.worker.as_ref()).collect();
        let overlap = self.cx.wait_held(holder.pid().await?, &workers).await?;
        let mut failed = Vec::new();
        for one in planned.iter().filter(|one| one.kind == Some(FailureKind::KilledWorker)) {
            let killed = one.worker()?.kill().await?;
            if killed.landed() {
                self.cx.recorder.faults([killed.event(&format!("run {} stood in mid-turn", one.run))]);
            }
            let witness = format!("the Worker was killed in mid-turn ({})", killed.worker);
            failed.push((one.run.clone(), if killed.landed() { witness } else { String::new() }));
        }
        holder.script("ROLLBACK", &none).await?;
        for one in planned.iter().filter(|one| one.kind != Some(FailureKind::KilledWorker)) {
            let worker = one.worker()?;
            let closed = self.cx.worker_closed(worker).await?;
            let closed = closed.ok_or_else(|| worker.process().failure("still ran after its time-out"))?;
            failed.push((one.run.clone(), format!("the Worker ended with {}", closed.status)));
            if one.kind.is_none() && closed.code != Some(0) {
                return Err(worker.process().failure("did not complete a healthy run"));
            }
        }
        for one in planned.iter().filter(|one| one.kind == Some(FailureKind::KilledWorker)) {
            if let Some(age) = &self.journal.age {
                self.admin.must(age, &one.values().with("interval", "1 day")).await?;
            }
        }
        let poisoned = planned.iter().find(|one| one.kind == Some(FailureKind::PoisonOutbox));
        let fired = match poisoned {
            Some(one) => super::relay::poison(self, &one.run).await?,
            None => String::new(),
        };
        self.cx.reach(ENDED, &none).await?;
        let witness = |one: &Planned| match one.kind {
            Some(FailureKind::PoisonOutbox) => fired.clone(),
            _ => failed
                .iter()
                .find(|(run, _)| *run == one.run)
                .map(|(_, told)| told.clone())
                .unwrap_or_default(),
        };
        let mut ended = Vec::new();
        for (one, binding) in planned.iter().filter(|one| one.kind.is_some()).zip(&self.binding.failures) {
            let words = binding.cause.clone();
            ended.push(Failed {
                run: one.run.clone(),
                kind: name(binding.kind),
                expected: binding.kind,
                words,
                witness: witness(one),
            });
        }
        Ok(Made { overlap, failed: ended })
    }

    /// One more healthy run, with nothing beside it.
    pub async fn make_alone(&self) -> Result<()> {
        let tenant = &self.tenancy.tenants[0];
        self.seed(&self.journal.seed, ALONE, tenant).await?;
        self.cx.run_worker(&Assignment::run(ALONE, tenant, "worker alone")).await?;
        Ok(())
    }

    pub async fn read(&self, run: &str) -> Result<CaseFile> {
        CaseFile::read(self.admin, self.binding, run).await
    }

    async fn plan(&self) -> Result<Vec<Planned>> {
        let healthy = |run: &str| Planned {
            run: run.into(),
            tenant: self.tenancy.tenants[0].clone(),
            kind: None,
            worker: None,
        };
        let mut planned = vec![healthy(HEALTHY), healthy(BESIDE)];
        for one in &planned {
            self.seed(&self.journal.seed, &one.run, &one.tenant).await?;
        }
        for (n, failure) in self.binding.failures.iter().enumerate() {
            let run = format!("night-{n}-{}", name(failure.kind).replace(' ', "-"));
            // A tenant of its own, so that each run finds its own work and nobody else's.
            let tenant = match &self.tenancy.add_tenant {
                Some(add) => {
                    let tenant = format!("night-{n}");
                    self.admin.script(add, &Values::new().with("tenant", &tenant)).await?;
                    tenant
                }
                None => self.tenancy.tenants[1].clone(),
            };
            self.seed(&self.journal.seed, &run, &tenant).await?;
            self.seed(&Some(failure.seed.clone()), &run, &tenant).await?;
            planned.push(Planned { run, tenant, kind: Some(failure.kind), worker: None });
        }
        Ok(planned)
    }

    async fn seed(&self, sql: &Option<String>, run: &str, tenant: &str) -> Result<()> {
        let values = Values::new().with("run_id", run).with("tenant", tenant);
        match sql.as_ref().filter(|sql| !sql.trim().is_empty()) {
            Some(sql) => self.admin.script(sql, &values).await,
            None => Ok(()),
        }
    }
}

impl Planned {
    /// The placeholders of the run.
    fn values(&self) -> Values {
        Values::new().with("run_id", &self.run).with("tenant", &self.tenant)
    }

    fn worker(&self) -> Result<&Worker> {
        self.worker.as_ref().ok_or_else(|| Error::harness("a planned run has no Worker"))
    }
}

pub fn name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::ToolError => "tool error",
        FailureKind::KilledWorker => "killed Worker",
        FailureKind::PoisonOutbox => "poison outbox row",
        FailureKind::RefusedWrite => "refused write",
    }
}
