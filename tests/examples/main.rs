//! Systems that are not ours, in Python, each with its subject file under `fixtures/examples`: what the gate finds; and
//! its evidence as another implementation finds it.

#![allow(clippy::unwrap_used)]

mod durable;
mod envelope;
mod ground;
mod job_queue;
mod mcp_server;
mod venv;
mod wiki;
