//! What brings the runs of dead Workers back, where a Worker that is started anew does not take them up by itself.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::worker::Assignment;

use super::bench::Bench;

impl Bench<'_> {
    /// Brings these runs back, at once or, where that takes a live Worker, when their next one has been started.
    pub async fn rescue(&self, runs: &[&str]) -> Result<()> {
        if self.journal.rescue_beside_worker {
            let mut waiting = self.to_rescue.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.extend(runs.iter().map(|run| (*run).to_owned()));
            return Ok(());
        }
        self.bring_back(runs).await
    }

    /// The rescue of a run that waited for a live Worker; none for other runs.
    pub async fn rescue_beside(&self, run: &str) -> Result<()> {
        let waited = self.to_rescue.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
        if waited { self.bring_back(&[run]).await } else { Ok(()) }
    }

    /// How long a crashed run was left alone, in seconds: its lease, and its rescue before the next Worker.
    pub async fn left_alone(&self) -> Result<f64> {
        let rescue = *self.rescue_took.lock().unwrap_or_else(PoisonError::into_inner);
        let before = if self.journal.rescue_beside_worker { Duration::ZERO } else { rescue };
        Ok((self.lease().await?.unwrap_or_default() + before).as_secs_f64())
    }

    async fn bring_back(&self, runs: &[&str]) -> Result<()> {
        if let Some(rescue) = &self.journal.rescue {
            for run in runs {
                self.watcher.must(rescue, &self.values(run)).await?;
            }
        }
        let Some(program) = &self.journal.rescue_program else { return Ok(()) };
        let each = if program.uses("run_id") { runs.len() } else { 1 };
        for run in &runs[..each] {
            let (role, assignment) =
                (&self.cx.subject.roles.worker, Assignment::run(run, self.tenant, "rescuer"));
            let begun = Instant::now();
            let rescue = self.cx.start_program("rescue", program, role, &assignment).await?;
            rescue.finish(&program.exit_codes, program.timeout()).await?;
            let mut longest = self.rescue_took.lock().unwrap_or_else(PoisonError::into_inner);
            *longest = begun.elapsed().max(*longest);
        }
        Ok(())
    }
}
