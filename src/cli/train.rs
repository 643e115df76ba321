//! `prescale train`

use std::{
    io::{IsTerminal, Write},
    ops::ControlFlow,
    path::PathBuf,
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
    table::Table,
    trained::{PresetModel, PresetOptions},
};

/// Options of `prescale train`.
#[derive(Debug, clap::Args)]
#[command(after_help = "The file needs the columns timestamp,cpu_utilization,network_in,request_count,\
                        is_sale_active. The first 60 % of its rows train, the next 20 % choose the number of \
                        epochs, all 80 % train anew for as many; the last 20 % are only scored.")]
pub struct Options {
    /// CSV of metrics, one row a step.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Architecture and hyper-parameters.
    #[arg(long, value_enum)]
    preset: Preset,
    /// Seed of every random number; the same seed gives the same file.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Back end that does the arithmetic.
    #[arg(long, value_enum, default_value = "flex")]
    backend: Backend,
    /// Most epochs, in place of the preset's own number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    epochs: Option<u16>,
    /// Folder to write; it must not exist yet, or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs `prescale train`.
pub fn run(global: &Global, options: Options) -> Result<(), Failure> {
    let table = Table::load(&options.data).map_err(Failure::Usage)?;
    if std::fs::read_dir(&options.out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(BundleError::Exists(options.out).to_string()));
    }
    let settings = PresetOptions {
        preset: options.preset,
        seed: options.seed,
        backend: options.backend,
        epochs: options.epochs.map(usize::from),
    };
    let began = Instant::now();
    let mut epochs = 0;
    let mut tell = |member: usize, epoch: Epoch| {
        epochs += 1;
        show(member, epoch);
        ControlFlow::Continue(())
    };
    let model = PresetModel::train(&table, settings, &mut tell).map_err(|error| match error {
        TrainError::TooLittle(_) | TrainError::Options(_) => {
            Failure::Usage(format!("{}: {error}", options.data.display()))
        }
        TrainError::Cancelled | TrainError::Diverged => Failure::Failed(error.to_string()),
    })?;
    let seconds = began.elapsed().as_secs_f64();
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    model.save(&options.out).map_err(|e| Failure::Failed(e.to_string()))?;
    let name = options.preset.name().to_owned();
    let comparison = scores::compare(&table, &[(name.clone(), model)]).map_err(Failure::Failed)?;
    if global.json {
        println!(
            "{}",
            json!({"preset": name, "seed": options.seed, "backend": options.backend.name(), "epochs": epochs,
                   "seconds": seconds, "out": options.out, "rows": comparison.rows, "scores": comparison.scores})
        );
        return Ok(());
    }
    println!("trained {name} in {seconds:.1} s, {epochs} epochs; saved in {}", options.out.display());
    evaluate::print(&comparison);
    Ok(())
}

/// One line that stays in place, when somebody watches.
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
