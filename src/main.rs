//! The binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = sor_gate::process::dispatch_hidden(std::env::args_os()) {
        return code;
    }
    ExitCode::SUCCESS
}
