//! Systems that are not ours, in Python, each with its subject file under `fixtures/examples`: what the gate finds.

#![allow(clippy::unwrap_used)]

mod ground;
mod job_queue;
mod mcp_server;
