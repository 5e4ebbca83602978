//! What a subject file may say of other designs than the reference's: each holds for a system that is so, and is noticed where
//! the system is not.

#![allow(clippy::unwrap_used)]

mod claims;
mod ground;
mod idempotency;
mod journal;
mod own_sink;
mod policy;
mod program;
mod single_tenant;
mod sql_tool;
