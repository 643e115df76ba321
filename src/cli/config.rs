//! `prescale config`: print the template, check a file.

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Global, keys, print, print_json};
use crate::config::{Config, ConfigError, SAMPLE, home};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// Print a commented prescale.toml with every key at its default.
    ///
    /// The same text is the documentation of the file: prescale config print-default > prescale.toml
    PrintDefault,
    /// Check a configuration file; exit code 2 with file, line, column and fix where it is wrong.
    Check {
        /// The file [default: --config, else prescale.toml in the home folder]
        file: Option<PathBuf>,
    },
}

/// Runs `prescale config`.
///
/// # Errors
/// [`Failure::Usage`] for a file that is wrong or cannot be read.
pub fn run(global: &Global, action: ConfigCommand) -> Result<(), Failure> {
    match action {
        ConfigCommand::PrintDefault if global.json => print_json(&json!({ "ok": true, "sample": SAMPLE })),
        ConfigCommand::PrintDefault => print(SAMPLE),
        ConfigCommand::Check { file } => check(global, file),
    }
}

fn check(global: &Global, file: Option<PathBuf>) -> Result<(), Failure> {
    match load(global, file) {
        Ok(config) if global.json => print_json(&summary(&config)),
        Ok(config) => {
            let named = config.named_groups().count();
            print(&match &config.file {
                Some(file) => {
                    format!("{}: valid, {named} groups with a section of their own\n", file.display())
                }
                None => {
                    format!("no prescale.toml in {}: using defaults\n", config.home.display())
                }
            })
        }
        Err(error) => {
            if global.json {
                print_json(&json!({
                    "ok": false, "error": error.to_string(), "finding": error.finding(),
                }))?;
            }
            Err(Failure::Usage(error.to_string()))
        }
    }
}

fn load(global: &Global, file: Option<PathBuf>) -> Result<Config, ConfigError> {
    let config = match file {
        Some(file) => Config::read(&file, &home(&global.location())?),
        None => Config::load(&global.location()),
    }?;
    keys::keymap(&config)?;
    keys::zone(&config)?;
    Ok(config)
}

/// What a valid configuration puts in force.
fn summary(config: &Config) -> serde_json::Value {
    let groups: serde_json::Map<String, serde_json::Value> =
        config.named_groups().map(|name| (name.to_owned(), json!(config.group(name)))).collect();
    json!({
        "ok": true,
        "file": config.file,
        "home": config.home,
        "timezone": config.timezone.map(|zone| zone.name()),
        "holidays": config.holidays.iter().map(|c| c.iso_code()).collect::<Vec<_>>(),
        "source": config.source,
        "cycle": config.cycle,
        "defaults": config.group(""),
        "groups": groups,
        "train": config.train,
        "read_only": config.read_only,
        "terminal": config.terminal,
        "keys": config.bindings,
        "log": config.log,
        "notify": config.notify,
        "shared": config.shared,
    })
}
