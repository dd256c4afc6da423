//! The entry point: parses the arguments and exits with the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cadenced::cli::run(std::env::args_os())
}
