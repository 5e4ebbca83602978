//! Worker-like programs of a system under test: Workers, relays, servers of tools, migration commands.

mod assignment;
mod command;
mod dialect;
mod ending;
mod filling;
mod holding;
mod readiness;
mod receiving;
mod running;
mod stand_in;
mod starting;
mod striking;
mod tool;

pub use assignment::Assignment;
pub use command::WorkerCommand;
pub use ending::Closed;
pub use readiness::Readiness;
pub use receiving::Receiver;
pub use running::{Killed, Worker};
pub use stand_in::StandIn;
pub(crate) use stand_in::{STAND_IN, stand_in};
pub use striking::AtPoint;
pub use tool::{Told, address, tool};
