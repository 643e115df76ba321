//! The command line: one short file per subcommand, no logic that a test would want to reach.
//!
//! Exit codes are part of the contract: 0 done, 1 failed, 2 bad usage or input, and of `ctl` 3 refused by the
//! agent, 4 outcome unknown ([`Failure`]).

mod agent;
mod announced;
mod backtest;
mod calendar;
mod completions;
mod config;
mod console;
mod ctl;
mod demo;
mod doctor;
mod evaluate;
mod explain;
mod generate;
mod iam_policy;
mod import;
mod import_model;
mod init;
mod keys;
mod man;
mod predict;
mod pretrain;
mod recorded;
mod report;
mod simulate;
mod train;
mod tune;

use std::{
    io::{ErrorKind, Write, stdout},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::{config::Location, domain::text::escape_json};

/// Scales AWS Auto Scaling groups before demand arrives.
///
/// Without a subcommand it opens the console; without a configuration it runs on an embedded simulated AWS
/// whose groups replay real recorded traffic. No account is needed and nothing outside is touched.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done, 1 failed, 2 bad usage or input; ctl also: 3 refused by the agent, 4 outcome unknown."
)]
pub struct Cli {
    /// What is common to all commands.
    #[command(flatten)]
    pub global: Global,
    /// How the console looks and what it may do, where no command is named.
    #[command(flatten, next_help_heading = "Options of the console")]
    pub console: console::ConsoleArgs,
    /// The command; the console if there is none.
    #[command(subcommand)]
    pub command: Option<CliCommand>,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Configuration file [default: prescale.toml in the home folder, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "PRESCALE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of calendar.toml, models/ and data/ [default: this folder if it has a prescale.toml or a
    /// calendar.toml, else the user's state folder]
    #[arg(long, global = true, value_name = "DIR", env = "PRESCALE_HOME")]
    pub home: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// Where the configuration is looked for.
    pub fn location(&self) -> Location {
        Location { home: self.home.clone(), file: self.config.clone() }
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Open the console (the same as no subcommand).
    Console(console::ConsoleArgs),
    /// Run the engine without a screen; print one line per decision.
    Agent(agent::AgentArgs),
    /// Ask a running agent: status, proposals, answers to them, modes, the brake; for scripts.
    Ctl(ctl::CtlArgs),
    /// Play a story in the simulation: a sale, throttled calls, an instance refresh, a flood; captions say what prescale does and why.
    Demo(demo::DemoArgs),
    /// Replay a recorded trace through the engine and write its decisions.
    Backtest(backtest::BacktestArgs),
    /// Write synthetic metrics in the format that the presets train on.
    Generate(generate::GenerateArgs),
    /// Train one of the LSTM presets on a CSV of metrics.
    Train(train::TrainArgs),
    /// Search the student project's grid of parameters, judged on validation rows.
    Tune(tune::TuneArgs),
    /// Train a prior, a network that forecasts loads it has never seen, on recorded and synthetic loads.
    #[command(hide = true)]
    Pretrain(pretrain::PretrainArgs),
    /// Import metrics and sales from the student project's files into history and calendar.
    Import(import::ImportArgs),
    /// Create a model folder from the weights of a PyTorch file.
    ImportModel(import_model::ImportModelArgs),
    /// Score trained models on a CSV beside naive forecasts, a ridge and the champion.
    Evaluate(evaluate::EvaluateArgs),
    /// Predict the next step from the end of a CSV.
    Predict(predict::PredictArgs),
    /// Report on the stored history of a group or the fleet: load, forecasts against what came, decisions.
    Report(report::ReportArgs),
    /// Explain one decision: what was known then, what was done, what came; or compute it again from its record.
    Explain(explain::ExplainArgs),
    /// Serve the simulated AWS over HTTP to any AWS client, until stopped.
    Simulate(simulate::SimulateArgs),
    /// List, add, remove and check business events.
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// Write a first prescale.toml for an AWS account: asks for region, groups, mode, demand and risk, then runs doctor.
    Init(init::InitArgs),
    /// Print the default configuration, or check one.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Check the installation and AWS access; each failed check names a fix.
    Doctor(doctor::DoctorArgs),
    /// Print the minimum IAM permissions prescale needs, as an IAM policy.
    IamPolicy(iam_policy::IamPolicyArgs),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual page (roff).
    Man(man::ManArgs),
}

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was asked for wrongly: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It was asked for rightly and failed: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The agent refused it: exit code 3.
    #[error("{0}")]
    Refused(String),
    /// It was asked for, and nobody said what became of it: exit code 4.
    #[error("{0}")]
    Unknown(String),
}

impl Failure {
    /// The exit code that scripts see.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Refused(_) => 3,
            Failure::Unknown(_) => 4,
        }
    }
}

/// Writes `text` to standard output. A reader that has gone away (`| head`) has seen enough: no error.
///
/// # Errors
/// [`Failure::Failed`] when standard output cannot be written for any other reason.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes `value` as one JSON document, indented, to standard output.
///
/// # Errors
/// [`Failure::Failed`] when it has no JSON, or as [`print()`].
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|e| Failure::Failed(format!("no JSON for this: {e}")))?;
    print(&(escape_json(&text) + "\n"))
}

/// Runs one command to its end.
///
/// # Errors
/// [`Failure`] says what went wrong and how to mend it; `main` turns it into the exit code.
pub fn run(cli: Cli) -> Result<(), Failure> {
    let global = &cli.global;
    let Some(command) = cli.command else { return console::run(global, cli.console) };
    if let (Some(option), false) = (cli.console.given(), matches!(command, CliCommand::Console(_))) {
        return Err(Failure::Usage(format!(
            "{option} is a console option; put a command's options after the command"
        )));
    }
    match command {
        CliCommand::Console(options) => console::run(global, options.over(cli.console)),
        CliCommand::Agent(options) => agent::run(global, options),
        CliCommand::Ctl(options) => ctl::run(global, options),
        CliCommand::Demo(options) => demo::run(global, options),
        CliCommand::Backtest(options) => backtest::run(global, options),
        CliCommand::Generate(options) => generate::run(global, options),
        CliCommand::Train(options) => train::run(global, options),
        CliCommand::Tune(options) => tune::run(global, options),
        CliCommand::Pretrain(options) => pretrain::run(global, options),
        CliCommand::Import(options) => import::run(global, options),
        CliCommand::ImportModel(options) => import_model::run(global, options),
        CliCommand::Evaluate(options) => evaluate::run(global, options),
        CliCommand::Report(options) => report::run(global, options),
        CliCommand::Explain(options) => explain::run(global, options),
        CliCommand::Predict(options) => predict::run(global, options),
        CliCommand::Simulate(options) => simulate::run(global, options),
        CliCommand::Calendar(action) => calendar::run(global, action),
        CliCommand::Init(options) => init::run(global, options),
        CliCommand::Config(action) => config::run(global, action),
        CliCommand::Doctor(options) => doctor::run(global, options),
        CliCommand::IamPolicy(options) => iam_policy::run(global, options),
        CliCommand::Completions(options) => completions::run(global, options),
        CliCommand::Man(options) => man::run(global, options),
    }
}
