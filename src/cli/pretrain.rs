//! `prescale pretrain`

mod traces;

use std::{
    fs,
    io::{IsTerminal, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use serde_json::json;

use self::traces::Library;
use super::{Failure, Global, print, print_json, tune::cancel_on_interrupt};
use crate::forecast::{
    lstm::bundle::BundleError,
    prior::{
        file::{self, rounded},
        net::Shape,
        pretrain::{PretrainOptions, PretrainProgress, Training},
    },
};

/// Steps from one look at the loads that were left out to the next; the training is kept at each, and where it is stopped.
const LOOK: usize = 250;
/// Looks without a smaller loss before it ends.
const PATIENCE: usize = 12;

/// Options of `prescale pretrain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A folder of traces has CSV files `timestamp,<name>`, one load a file, and may have an index.csv with the columns `file`,
`source` and `licence`; the latter two are copied into the manifest. Files named *.events.csv, index.csv and scenarios.csv
are no loads.

Ctrl-C keeps the training in a file beside --out; the same command goes on with it. The same traces, options and seed give
the same bytes, on one thread and on two.

Example:
  prescale pretrain --traces data/traces --holdout nyc_taxi --out /tmp/prior")]
pub struct PretrainArgs {
    /// Folder of recorded loads; may be given several times. Without any, synthetic loads alone.
    #[arg(long, value_name = "DIR")]
    traces: Vec<PathBuf>,
    /// Folder to write; it must not exist yet, or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name of a load that is not learned from but chooses the end of the training; may be given several times.
    #[arg(long, value_name = "NAME")]
    holdout: Vec<String>,
    /// Name of a load that is not used at all; may be given several times.
    #[arg(long, value_name = "NAME")]
    without: Vec<String>,
    /// Seed of every random number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Steps of training; about a fiftieth of a second each on one core.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    steps: u32,
    /// Rows of a step.
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: u32,
    /// Width of the residual blocks.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    hidden: u16,
    /// Residual blocks.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=8))]
    blocks: u8,
    /// Threads, one or two: the second makes the rows.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    threads: u8,
}

/// Runs `prescale pretrain`.
///
/// # Errors
/// [`Failure::Usage`] for traces or files that are wrong, [`Failure::Failed`] for a training that was stopped.
pub fn run(global: &Global, options: PretrainArgs) -> Result<(), Failure> {
    if fs::read_dir(&options.out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(BundleError::Exists(options.out).to_string()));
    }
    let library = Library::read(&options.traces, &options.holdout, &options.without)?;
    let checkpoint = beside(&options.out);
    for (left_out, learned) in library.loads.relatives() {
        // A warning that cannot be written is not worth failing for.
        let _ = writeln!(
            std::io::stderr(),
            "warning: {left_out} is left out, but {learned} of its family is learned from, so its loss flatters; leave \
             {learned} out too (--holdout or --without)"
        );
    }
    let how = PretrainOptions {
        shape: Shape { hidden: options.hidden.into(), blocks: options.blocks.into() },
        seed: options.seed,
        steps: options.steps as usize,
        batch: options.batch as usize,
        look: LOOK,
        patience: PATIENCE,
    };
    let kept =
        Training::resume(&checkpoint, how, &library.loads).map_err(|e| Failure::Usage(e.to_string()))?;
    let mut training = match kept {
        Some(training) => training,
        None => Training::new(how, &library.loads).map_err(Failure::Usage)?,
    };
    let cancel = cancel_on_interrupt()?;
    let mut fault = None;
    let mut progress = |training: &Training, done: Option<PretrainProgress>| {
        let stop = cancel.load(Ordering::Relaxed);
        done.into_iter().for_each(show);
        if (stop || done.is_some())
            && let Err(error) = training.keep(&checkpoint)
        {
            fault = Some(error);
        }
        match fault.is_some() || stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let ended =
        training.run(&library.loads, options.threads.into(), &mut progress).map_err(Failure::Failed)?;
    if let Some(fault) = fault {
        return Err(Failure::Failed(fault.to_string()));
    }
    if ended.is_break() {
        return Err(Failure::Failed(format!(
            "stopped; {} keeps the training, and the same command goes on with it",
            checkpoint.display()
        )));
    }
    finish(global, &options, &library, &training)?;
    fs::remove_file(&checkpoint)
        .map_err(|e| Failure::Failed(format!("{}: {e}; remove it", checkpoint.display())))
}

/// Writes the best net and says what it is.
fn finish(
    global: &Global,
    options: &PretrainArgs,
    library: &Library,
    training: &Training,
) -> Result<(), Failure> {
    let (net, steps, loss) = training.best();
    let manifest = library.manifest(options.seed, steps, loss);
    let manifest =
        file::write(&options.out, &rounded(&net), manifest).map_err(|e| Failure::Failed(e.to_string()))?;
    if global.json {
        return print_json(&json!({ "out": options.out, "manifest": manifest }));
    }
    let loss = loss.map_or(String::new(), |loss| format!(", loss on loads that were left out {loss:.4}"));
    let (count, out) = (net.parameters.len(), options.out.display());
    print(&format!("{count} parameters after {steps} steps{loss}; written to {out}\n"))
}

/// The file that keeps the training of the folder `out`: its name with `.training` behind it.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.components().as_path().as_os_str().to_owned();
    name.push(".training");
    name.into()
}

/// A line for each look.
fn show(done: PretrainProgress) {
    let PretrainProgress { step, steps, loss, held_out } = done;
    let held_out = held_out.map_or(String::new(), |loss| format!(", on loads that were left out {loss:.4}"));
    let mut errors = std::io::stderr().lock();
    let (begin, end) = if errors.is_terminal() { ("\r\x1b[K", "") } else { ("", "\n") };
    // A progress line that cannot be written is not worth failing for.
    let _ = write!(errors, "{begin}step {step} of {steps}: loss {loss:.4}{held_out}{end}");
    let _ = errors.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_training_is_kept_beside_the_whole_name() {
        assert_eq!(beside(Path::new("models/prior.v1")), Path::new("models/prior.v1.training"));
        assert_eq!(beside(Path::new("/tmp/prior/")), Path::new("/tmp/prior.training"));
    }
}
