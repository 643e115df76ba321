//! `prescale agent`: the loop without a screen.

use super::{Failure, Global, console::failure};
use crate::{
    agent::{self, AgentError, PassedSockets, assemble},
    link::operator,
};

/// Options of `prescale agent`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Runs until SIGINT or SIGTERM; SIGHUP reloads the configuration. One line a decision:
  TIME GROUP advised|proposed|applied|failed FROM → TO[, MinSize]: why
With --json each line is the whole decision: plan, numbers, checklist.")]
pub struct AgentArgs {
    /// Read-only: refuse commands, never change AWS, hold every group in observe
    #[arg(long)]
    pub read_only: bool,
}

/// Runs `prescale agent`.
pub fn run(global: &Global, options: AgentArgs) -> Result<(), Failure> {
    // Before there are other threads.
    let passed = PassedSockets::take().map_err(|e| {
        let units = "check prescale.socket and prescale-console.socket";
        Failure::Failed(format!("cannot take the sockets of systemd: {e}; {units}"))
    })?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Failure::Failed(format!("cannot start the async runtime: {e}")))?;
    runtime.block_on(async {
        let mut assembled =
            assemble::assemble(&global.location(), options.read_only).await.map_err(failure)?;
        assembled.engine.sign(&operator::host());
        agent::run(assembled, global.location(), passed, global.json).await.map_err(|error| match error {
            AgentError::Assemble(error) => failure(error),
            other => Failure::Failed(other.to_string()),
        })
    })
}
