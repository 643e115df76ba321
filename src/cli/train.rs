//! `prescale train`

mod group;

use std::{
    io::{IsTerminal, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::json;

use super::{Failure, Global, evaluate};
use crate::forecast::lstm::{
    Backend,
    bundle::BundleError,
    fit::{Epoch, TrainError},
    preset::Preset,
    scores,
    table::MetricTable,
    trained::{PresetModel, PresetOptions},
};

/// Options of `prescale train`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
With --data, one of the student project's networks. The file needs the columns timestamp,cpu_utilization,network_in,
request_count,is_sale_active. The first 60 % of its rows train, the next 20 % choose the number of epochs, all 80 % train
anew for as many; the last 20 % are only scored.

With --group, a challenger for that group from its stored history, as the console and the agent train it daily: the prior,
adapted to the group, or, as the section [train] says, a network of its own trained. The newest part of the history is not
learned from and scores it; it serves if it beats what serves now.

Example:
  prescale train --group checkout-web")]
pub struct TrainArgs {
    /// CSV of metrics, one row per step.
    #[arg(long, value_name = "FILE", required_unless_present = "group", conflicts_with = "group")]
    data: Option<PathBuf>,
    /// Use a group of the home folder instead: its stored demand, calendar and configuration.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Architecture and hyper-parameters.
    #[arg(long, value_enum, required_unless_present = "group", conflicts_with = "group")]
    preset: Option<Preset>,
    /// Seed of every random number; the same seed gives the same file [default: 0, a group's 1].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Compute backend [default: flex, or the configuration's].
    #[arg(long, value_enum)]
    backend: Option<Backend>,
    /// Maximum number of epochs, instead of the preset's or the configuration's number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    epochs: Option<u16>,
    /// Folder to write; it must not exist yet, or be empty. A group's models go to `models/` of the home folder.
    #[arg(long, value_name = "DIR", required_unless_present = "group", conflicts_with = "group")]
    out: Option<PathBuf>,
}

/// Runs `prescale train`.
pub fn run(global: &Global, options: TrainArgs) -> Result<(), Failure> {
    match &options {
        TrainArgs { group: Some(name), .. } => group::run(global, name, &options),
        TrainArgs { data: Some(data), preset: Some(preset), out: Some(out), .. } => {
            of_preset(global, data, *preset, out, &options)
        }
        _ => Err(Failure::Usage("give --group NAME, or --data FILE with --preset and --out".into())),
    }
}

fn of_preset(
    global: &Global,
    data: &Path,
    preset: Preset,
    out: &Path,
    options: &TrainArgs,
) -> Result<(), Failure> {
    let table = MetricTable::load(data).map_err(Failure::Usage)?;
    if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(BundleError::Exists(out.to_owned()).to_string()));
    }
    let (seed, backend) = (options.seed.unwrap_or(0), options.backend.unwrap_or(Backend::Flex));
    let settings = PresetOptions { preset, seed, backend, epochs: options.epochs.map(usize::from) };
    let began = Instant::now();
    let mut epochs = 0;
    let mut tell = |member: usize, epoch: Epoch| {
        epochs += 1;
        show(member, epoch);
        ControlFlow::Continue(())
    };
    let model = PresetModel::train(&table, settings, &mut tell).map_err(|error| match error {
        TrainError::TooLittle(_) | TrainError::Options(_) => {
            Failure::Usage(format!("{}: {error}", data.display()))
        }
        TrainError::Cancelled | TrainError::Diverged => Failure::Failed(error.to_string()),
    })?;
    let seconds = began.elapsed().as_secs_f64();
    end_line();
    model.save(out).map_err(|e| Failure::Failed(e.to_string()))?;
    let name = preset.name().to_owned();
    let comparison = scores::compare(&table, &[(name.clone(), model)]).map_err(Failure::Failed)?;
    if global.json {
        println!(
            "{}",
            json!({"preset": name, "seed": seed, "backend": backend.name(), "epochs": epochs,
                   "seconds": seconds, "out": out, "rows": comparison.rows, "scores": comparison.scores})
        );
        return Ok(());
    }
    println!("trained {name} in {seconds:.1} s, {epochs} epochs; saved in {}", out.display());
    evaluate::print(&comparison);
    Ok(())
}

/// A progress line, on a terminal.
fn show(member: usize, epoch: Epoch) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let Epoch { epoch, epochs, train_loss, valid_loss, .. } = epoch;
    let said = match valid_loss {
        Some(loss) => format!("at most {epochs}: loss {train_loss:.5}, on validation rows {loss:.5}"),
        None => format!("{epochs} on all the rows: loss {train_loss:.5}"),
    };
    eprint!("\r\x1b[Knetwork {}, epoch {epoch} of {said}", member + 1);
    // A progress line that cannot be written is not worth failing for.
    let _ = std::io::stderr().flush();
}

/// Leaves the line of [`show`].
fn end_line() {
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
}
