//! What brings the work of dead claimers back where claims do not take it by themselves: a statement, a program, or nothing.

use std::time::Duration;

use sor_gate::error::Result;
use sor_gate::subject::Program;
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, Worker};

use super::queue::Queue;

/// Between two looks at whether the work is back.
pub const PAUSE: Duration = Duration::from_millis(20);

/// A rescue under way.
pub struct Rescue<'a> {
    queue: &'a Queue<'a>,
    running: Option<Worker>,
}

impl<'a> Rescue<'a> {
    pub fn of(queue: &'a Queue<'a>) -> Self {
        Self { queue, running: None }
    }

    /// How long it may take once the bound is over.
    pub fn patience(&self) -> Duration {
        self.program().map_or(Duration::ZERO, Program::timeout)
    }

    /// Runs the statement; starts the program, or lets it go on for a moment. Says whether all has been done that can be: a
    /// program that goes on for ever has always more to do.
    ///
    /// # Errors
    /// When the statement is refused, or the program cannot be started or ends badly: its last lines.
    pub async fn go_on(&mut self) -> Result<bool> {
        self.state().await?;
        let Some(program) = self.program() else { return Ok(true) };
        let Queue { cx, .. } = self.queue;
        let running = match self.running.take() {
            Some(running) => running,
            None => {
                let tenant = &self.queue.tenancy.tenants[0];
                let assignment = Assignment::run("", tenant, "rescuer");
                cx.start_program("rescue", program, &cx.subject.roles.worker, &assignment).await?
            }
        };
        if running.wait_exit(PAUSE).await?.is_none() {
            self.running = Some(running);
            return Ok(false);
        }
        running.finish(&program.exit_codes, PAUSE).await?;
        Ok(true)
    }

    /// Ends a program that goes on for ever.
    ///
    /// # Errors
    /// As [`Worker::stop`].
    pub async fn stop(self) -> Result<()> {
        if let (Some(program), Some(running)) = (self.program(), &self.running) {
            running.stop(program.stop_signal.into(), program.stop_timeout()).await?;
        }
        Ok(())
    }

    /// Whether it takes a program.
    pub fn is_program(&self) -> bool {
        self.program().is_some()
    }

    fn program(&self) -> Option<&'a Program> {
        self.queue.binding.rescue_program.as_ref()
    }

    async fn state(&self) -> Result<()> {
        let Some(rescue) = &self.queue.binding.rescue else { return Ok(()) };
        let session = self.queue.cx.worker_session("rescuer").await?;
        self.queue.begin(&session).await?;
        session.must(rescue, &self.queue.values("rescuer")).await?;
        session.must("COMMIT", &Values::new()).await.map(|_| ())
    }
}
