//! `prescale tune`

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;

use super::{Failure, Global};
use crate::forecast::lstm::{
    Backend,
    bundle::BundleError,
    fit::{Epoch, TrainError},
    table::MetricTable,
    tune::{self, Trial, TuneOptions},
};

/// Options of `prescale tune`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ten configurations of the advanced network, trained on the first 60 % of the rows and judged \
                        on the next 20 %. The last 20 % are not looked at: score the result with `prescale evaluate`. \
                        Ctrl-C stops the search; what was finished is printed, and nothing is written."
)]
pub struct TuneArgs {
    /// CSV of metrics, one row per step.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Folder to write the best network to; it must not exist yet, or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed of every random number; the same seed gives the same file.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Maximum number of epochs per configuration.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    epochs: u16,
    /// Compute backend.
    #[arg(long, value_enum, default_value = "flex")]
    backend: Backend,
}

/// Runs `prescale tune`.
pub fn run(global: &Global, options: TuneArgs) -> Result<(), Failure> {
    let table = MetricTable::load(&options.data).map_err(Failure::Usage)?;
    if std::fs::read_dir(&options.out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(BundleError::Exists(options.out).to_string()));
    }
    let settings = TuneOptions {
        seed: options.seed,
        backend: options.backend,
        epochs: Some(usize::from(options.epochs)),
        cancel: cancel_on_interrupt()?,
    };
    let tuning = tune::tune(&table, &settings, &mut show).map_err(|error| match error {
        TrainError::TooLittle(_) | TrainError::Options(_) => {
            Failure::Usage(format!("{}: {error}", options.data.display()))
        }
        TrainError::Cancelled | TrainError::Diverged => Failure::Failed(error.to_string()),
    })?;
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    if let Some(best) = tuning.best.as_ref().filter(|_| !tuning.cancelled) {
        best.save(&options.out).map_err(|e| Failure::Failed(e.to_string()))?;
    }
    if global.json {
        let (seed, cancelled) = (options.seed, tuning.cancelled);
        let out = Some(&options.out).filter(|_| !cancelled);
        println!("{}", json!({"seed": seed, "out": out, "cancelled": cancelled, "trials": tuning.trials}));
    } else {
        print(&tuning.trials);
    }
    if tuning.cancelled {
        let done = tuning.trials.len();
        return Err(Failure::Failed(format!("stopped after {done} configurations; nothing was written")));
    }
    if !global.json {
        println!("the first is saved in {}", options.out.display());
    }
    Ok(())
}

fn print(trials: &[Trial]) {
    println!("trial  hidden  layers  dropout  learning rate  epochs  RMSE on validation rows");
    for t in trials {
        println!(
            "{:5}  {:6}  {:6}  {:7.2}  {:13.4}  {:6}  {:23.3}",
            t.trial, t.hidden, t.layers, t.dropout, t.learning_rate, t.epochs, t.valid_rmse
        );
    }
}

/// A flag that Ctrl-C sets.
pub(super) fn cancel_on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = flag.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::Failed(format!("cannot install the Ctrl-C handler: {e}")))?;
    std::thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            set.store(true, Ordering::Relaxed);
        }
    });
    Ok(flag)
}

/// A progress line, on a terminal.
fn show(trial: usize, trials: usize, epoch: Epoch) {
    let Epoch { epoch, epochs, valid_loss, .. } = epoch;
    let Some(valid_loss) = valid_loss.filter(|_| std::io::stderr().is_terminal()) else { return };
    eprint!(
        "\r\x1b[Kconfiguration {trial} of {trials}, epoch {epoch} of at most {epochs}: loss on validation rows {valid_loss:.5}"
    );
    // A progress line that cannot be written is not worth failing for.
    let _ = std::io::stderr().flush();
}
