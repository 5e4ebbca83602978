//! Starting the subject's own programs: its Worker, linked to its MCP server where it says so, and its relay.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::{Assignment, Worker};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fault::proxy::WireProxy;
use crate::subject::{Program, Stdio};

impl Context {
    /// Starts the subject's Worker, and waits until it is up, unless it is sent through a wire proxy that may keep it. With
    /// `stdio = "mcp"`, or with `${mcp_url}` among its words, the MCP server is started with it, in the same process group,
    /// and the database URL is the server's: that of `mcp.role`, or else of `roles.worker`.
    ///
    /// # Errors
    /// Usage when the subject has no `[worker]` (or no `[mcp]` to link it to) or a placeholder is unknown; environment
    /// when a program cannot be started; harness when the server dies first or the Worker does not come up, with last lines.
    pub async fn start_worker(&self, wanted_for: &Assignment) -> Result<Worker> {
        let program = self.subject.worker.as_ref().ok_or_else(|| wanted("worker"))?;
        let role = self.subject.roles.worker.as_str();
        let (assignment, proxy) = self.rewritten(wanted_for, role).await?;
        let (worker, command) = match (program.stdio, program.uses("mcp_url")) {
            (None, false) => {
                let command = self.program(program, role, &assignment)?;
                (Worker::start(&self.scope, &command).await?, command)
            }
            (linked, _) => {
                let mcp = self.subject.mcp.as_ref().ok_or_else(|| wanted("mcp"))?;
                let server = self.server(mcp, &self.server_address(mcp, &assignment), &assignment)?;
                let to = |url: &String| Assignment { mcp_url: url.clone(), ..assignment.clone() };
                let command =
                    self.program(program, role, &server.serves.as_ref().map_or(assignment.clone(), to))?;
                let worker = match linked {
                    Some(Stdio::Mcp) => Worker::start_linked(&self.scope, &command, &server).await?,
                    None => Worker::start_beside(&self.scope, &command, &server).await?,
                };
                (worker, command)
            }
        };
        let worker = worker.behind(proxy.clone()).on(wanted_for);
        let Assignment { run_id, worker: name, .. } = wanted_for;
        let server =
            worker.server().map(|server| format!(", its server {}", server.pid())).unwrap_or_default();
        let pid = worker.process().pid();
        self.recorder.note("worker", format!("{name} started on run {run_id} (pid {pid}{server})"));
        if !wanted_for.is_redirected() {
            // Filled in once: the port that is waited for is the one that the Worker was given.
            command.up(worker.process()).await?;
        }
        Ok(worker)
    }

    /// Starts the subject's relay.
    ///
    /// # Errors
    /// As [`Context::start_worker`], about `[relay]`.
    pub async fn start_relay(&self, assignment: &Assignment) -> Result<Worker> {
        let relay = self.subject.relay.as_ref().ok_or_else(|| wanted("relay"))?;
        self.start_program("relay", &relay.program, &relay.role, assignment).await
    }

    /// Starts any program of the subject as `role`; `lane` is where the timeline tells of it.
    ///
    /// # Errors
    /// Usage when a placeholder is unknown; environment when it cannot be started.
    pub async fn start_program(
        &self,
        lane: &str,
        program: &Program,
        role: &str,
        assignment: &Assignment,
    ) -> Result<Worker> {
        let (at, proxy) = &self.rewritten(assignment, role).await?;
        let command = self.program(program, role, at)?;
        let started = Worker::start(&self.scope, &command).await?.behind(proxy.clone());
        let pid = started.process().pid();
        self.recorder.note(lane, format!("{} started (pid {pid})", assignment.worker));
        if !assignment.is_redirected() {
            command.up(started.process()).await?;
        }
        Ok(started)
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
            (None, Some(_)) => {
                let Program { stop_signal, .. } = binding.program;
                relay.stop(stop_signal.into(), binding.program.stop_timeout()).await?.status
            }
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
        let proxy = WireProxy::start(&upstream, self.listen(), self.wire_plan()).await?;
        Ok((assignment.clone().through(proxy.connect_info()), Some(Arc::new(proxy))))
    }
}

pub(super) fn wanted(section: &str) -> Error {
    Error::usage(format!("the subject has no [{section}]")).fix(format!("describe it under [{section}]"))
}
