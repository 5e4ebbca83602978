//! Starting the subject's own programs: its Worker, linked to its MCP server where it says so, and its relay.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::{Assignment, Worker, WorkerCommand};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fault::proxy::{Listen, WireProxy};
use crate::process::Signal;
use crate::subject::{Program, Stdio};
use crate::template;

impl Context {
    /// Starts the subject's Worker. With `stdio = "mcp"` the MCP server is started with it, in the same process
    /// group, and the database URL is the server's: that of `mcp.role`, or else of `roles.worker`.
    ///
    /// # Errors
    /// Usage when the subject has no `[worker]` (or no `[mcp]` to link it to) or a placeholder is unknown; environment
    /// when a program cannot be started; harness when the server dies first, with its last lines.
    pub async fn start_worker(&self, assignment: &Assignment) -> Result<Worker> {
        let program = self.subject.worker.as_ref().ok_or_else(|| wanted("worker"))?;
        let role = self.subject.roles.worker.as_str();
        let (assignment, proxy) = &self.rewritten(assignment, role).await?;
        let command = self.program(program, role, assignment)?;
        let worker = match program.stdio {
            None => Worker::start(&self.scope, &command).await?,
            Some(Stdio::Mcp) => {
                let mcp = self.subject.mcp.as_ref().ok_or_else(|| wanted("mcp"))?;
                let role = mcp.role.as_deref().unwrap_or(role);
                let server = self.program(&mcp.program, role, assignment)?;
                Worker::start_linked(&self.scope, &command, &server).await?
            }
        };
        let worker = worker.behind(proxy.clone());
        let Assignment { run_id, worker: name, .. } = assignment;
        let server =
            worker.server().map(|server| format!(", its server {}", server.pid())).unwrap_or_default();
        let pid = worker.process().pid();
        self.recorder.note("worker", format!("{name} started on run {run_id} (pid {pid}{server})"));
        Ok(worker)
    }

    /// Starts the subject's relay.
    ///
    /// # Errors
    /// As [`Context::start_worker`], about `[relay]`.
    pub async fn start_relay(&self, assignment: &Assignment) -> Result<Worker> {
        let relay = self.subject.relay.as_ref().ok_or_else(|| wanted("relay"))?;
        let (assignment, proxy) = &self.rewritten(assignment, &relay.role).await?;
        let command = self.program(&relay.program, &relay.role, assignment)?;
        let started = Worker::start(&self.scope, &command).await?.behind(proxy.clone());
        let pid = started.process().pid();
        self.recorder.note("relay", format!("{} started (pid {pid})", assignment.worker));
        Ok(started)
    }

    /// Starts the Worker and waits for its end: status 0 or one of `fine`, within `worker.timeout_s`.
    ///
    /// # Errors
    /// As [`Context::start_worker`]; when it ends otherwise or too late, with its last lines.
    pub async fn run_worker(&self, assignment: &Assignment, fine: &[i32]) -> Result<ExitStatus> {
        let worker = self.start_worker(assignment).await?;
        let ended = worker.finish(fine, self.worker_timeout()).await?;
        self.recorder.note("worker", format!("{} ended with {ended}", assignment.worker));
        Ok(ended)
    }

    /// Starts the relay and waits until it has sent what is due: for its end, with whatever status, within
    /// `relay.program.timeout_s`; one that goes on for ever is stopped after `relay.settle_ms`.
    ///
    /// # Errors
    /// As [`Context::start_relay`]; when it does not end in time, with its last lines.
    pub async fn run_relay(&self, assignment: &Assignment) -> Result<ExitStatus> {
        let relay = self.start_relay(assignment).await?;
        self.relay_ended(&relay, &assignment.worker).await
    }

    /// Waits until a relay has sent what is due, as [`Context::run_relay`] does.
    ///
    /// # Errors
    /// When it does not end in time, with its last lines.
    pub async fn relay_ended(&self, relay: &Worker, name: &str) -> Result<ExitStatus> {
        let binding = self.subject.relay.as_ref().ok_or_else(|| wanted("relay"))?;
        let settle = binding.settle_ms.map(Duration::from_millis);
        let patience = settle.unwrap_or_else(|| binding.program.timeout());
        let ended = match (relay.wait_exit(patience).await?, settle) {
            (Some(ended), _) => ended,
            (None, Some(_)) => relay.stop(Signal::SIGTERM, binding.program.timeout()).await?.status,
            (None, None) => return Err(relay.process().failure(&format!("did not end within {patience:?}"))),
        };
        self.recorder.note("relay", format!("{name} ended with {ended}"));
        Ok(ended)
    }

    /// The assignment through a proxy of its own, when a break rewrites statements and the drill has put none before it.
    async fn rewritten(
        &self,
        assignment: &Assignment,
        role: &str,
    ) -> Result<(Assignment, Option<Arc<WireProxy>>)> {
        if self.hooks.rewrites().is_empty() || assignment.is_redirected() {
            return Ok((assignment.clone(), None));
        }
        let upstream = self.cluster.connect_info(role, &self.cluster.database());
        let proxy = WireProxy::start(&upstream, Listen::Unix, self.wire_plan()).await?;
        Ok((assignment.clone().through(proxy.connect_info()), Some(Arc::new(proxy))))
    }

    /// How long the subject's Worker may take.
    pub fn worker_timeout(&self) -> Duration {
        self.subject.worker.as_ref().map_or(Duration::ZERO, Program::timeout)
    }

    /// A program of the subject with every placeholder filled, as `role`. It gets PATH, HOME and its own variables.
    ///
    /// # Errors
    /// Usage for an unknown placeholder.
    pub fn program(&self, program: &Program, role: &str, assignment: &Assignment) -> Result<WorkerCommand> {
        let info = self.cluster.connect_info(role, &self.cluster.database());
        let values = self
            .command_values(role)
            .with("database_url", assignment.redirect(info).url())
            .with("run_id", &assignment.run_id)
            .with("tenant", &assignment.tenant)
            .with("worker", &assignment.worker)
            .with("sink_url", &assignment.sink_url);
        let mut env: Vec<(String, String)> =
            std::env::var("HOME").map(|home| ("HOME".to_owned(), home)).into_iter().collect();
        for (name, value) in &program.env {
            env.push((name.clone(), template::fill(value, &values)?));
        }
        let cwd =
            program.cwd.as_ref().map_or_else(|| self.subject.folder.clone(), |cwd| self.subject.path(cwd));
        Ok(WorkerCommand {
            argv: self.command(program, &values)?,
            env,
            inherit_env: false,
            remove_env: Vec::new(),
            cwd: Some(cwd),
        })
    }
}

fn wanted(section: &str) -> Error {
    Error::usage(format!("the subject has no [{section}]")).fix(format!("describe it under [{section}]"))
}
