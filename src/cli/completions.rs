//! `prescale completions`: what a shell needs to complete our commands.

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use serde_json::json;

use super::{Cli, Failure, Global, print, print_json};

/// Options of `prescale completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell; for bash: prescale completions bash > ~/.local/share/bash-completion/completions/prescale
    shell: Shell,
}

/// Runs `prescale completions`.
///
/// # Errors
/// [`Failure::Failed`] when standard output cannot be written.
pub fn run(global: &Global, options: CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(options.shell, &mut Cli::command(), "prescale", &mut script);
    let script = String::from_utf8_lossy(&script);
    if global.json {
        return print_json(&json!({ "ok": true, "shell": options.shell.to_string(), "script": script }));
    }
    print(&script)
}
