//! Parses the command line, runs one command, turns an error into an exit code.

use std::process::ExitCode;

use clap::Parser;
use prescale::{
    cli::{self, Cli},
    domain::text::clean_lines,
    files,
};

/// Most characters of a line of an error.
const WIDEST: usize = 2_000;

fn main() -> ExitCode {
    files::keep_private();
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // It may speak in the words of a file, a path, or AWS.
            eprintln!("prescale: {}", clean_lines(&failure.to_string(), WIDEST));
            ExitCode::from(failure.exit_code())
        }
    }
}
