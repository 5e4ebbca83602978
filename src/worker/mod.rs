//! Worker-like programs of a system under test: Workers, relays, servers of tools, migration commands.

mod assignment;
mod command;
mod running;
mod starting;

pub use assignment::Assignment;
pub use command::WorkerCommand;
pub use running::{Killed, Worker};
