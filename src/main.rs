//! The binary: the engine with the drills' catalogue and the reference systems.

#[path = "../drills/mod.rs"]
mod drills;
mod reference;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if let Some(exit) = sor_gate::process::dispatch_hidden(args.iter().cloned()) {
        return exit;
    }
    if let Some(exit) = sor_gate::mcp::dispatch_hidden(&args) {
        return exit;
    }
    if let Some(exit) = reference::dispatch(&args) {
        return exit;
    }
    let product = sor_gate::cli::Product { catalogue: drills::catalogue(), builtin: reference::BUILTIN };
    sor_gate::cli::main(&product, args)
}
