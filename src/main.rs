//! Parses the command line, runs one command, turns an error into an exit code.

use std::process::ExitCode;

use clap::Parser;
use prescale::cli::{self, Cli};

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("prescale: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
