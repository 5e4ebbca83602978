//! The binary: the engine with the drills' catalogue and the reference systems.

#[path = "../drills/mod.rs"]
mod drills;
mod reference;

use std::ops::ControlFlow;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match sor_gate::process::dispatch_hidden(std::env::args_os().collect()) {
        ControlFlow::Break(exit) => return exit,
        ControlFlow::Continue(args) => args,
    };
    if let Some(exit) = sor_gate::mcp::dispatch_hidden(&args) {
        return exit;
    }
    if let Some(exit) = reference::dispatch(&args) {
        return exit;
    }
    let product = sor_gate::cli::Product { catalogue: drills::catalogue(), builtin: reference::BUILTIN };
    sor_gate::cli::main(&product, args)
}
