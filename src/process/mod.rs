//! Starting and ending child processes so that nothing outlives the harness, however it dies.
//!
//! Three nets, each enough for most deaths and together for all: every child is bound to the harness by a
//! parent-death signal; a guard process sees the harness's end of a pipe close and kills whatever carries
//! the run's mark; the next run sweeps what is left of runs whose lock is free.

mod below;
mod bound;
mod child;
mod guard;
mod hidden;
mod inspect;
mod launch;
mod lines;
mod peers;
mod port;
mod reap;
mod scope;
mod spawner;

pub use below::{beside, pass_through, piped};
pub use child::{Process, Stopped};
pub use hidden::dispatch_hidden;
pub use inspect::{Seen, Socket};
pub use launch::{Account, Input, Launch, Output};
pub use lines::{Lines, Waited};
pub use nix::sys::signal::Signal;
pub use port::free_port;
pub use scope::{Scope, ScopeOptions};
pub use tokio::process::{Child, ChildStdin};

/// The environment variable by which every process of a run is marked; its value is the run's id.
pub const RUN_MARK: &str = "SOR_GATE_RUN";
