//! The loop as a function of AWS Lambda: waits for invocations, and does one minute for each.

use std::process::ExitCode;

use prescale::{agent::lambda, domain::text::clean_lines, files};

/// Most characters of a line of an error.
const WIDEST: usize = 2_000;

fn main() -> ExitCode {
    files::keep_private();
    match lambda::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prescale-lambda: {}", clean_lines(&error.to_string(), WIDEST));
            ExitCode::FAILURE
        }
    }
}
