//! Worker-like programs of a system under test: Workers, relays, servers of tools, migration commands.

mod command;
mod running;

pub use command::WorkerCommand;
pub use running::{Killed, Worker};
