//! A client of the subject's MCP server: the official SDK for what is proper, raw frames for what is not.

mod answer;
mod client;
mod holder;
mod http;
mod raw;
mod sample;
mod shim;

pub use answer::{Answer, Form};
pub use client::{Client, Listed};
pub use raw::{Raw, Reply};
pub use sample::{Place, fill, places};
pub use shim::Meddling;

use std::ffi::OsString;
use std::process::ExitCode;

pub use holder::hold_a_socket;

/// Runs one of this module's hidden subcommands when `args` (with the program's name first) asks for one.
pub fn dispatch_hidden(args: &[OsString]) -> Option<ExitCode> {
    shim::dispatch(args).or_else(|| holder::dispatch(args))
}
