//! `prescale evaluate`

mod trace;

use std::path::{Path, PathBuf};

use super::{
    Failure, Global,
    announced::Announced,
    recorded::{MissingRows, Retrain},
};
use crate::{
    domain::Time,
    forecast::lstm::{
        Backend,
        scores::{self, Comparison},
        table::MetricTable,
        trained::PresetModel,
    },
};

/// Options of `prescale evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
With --data, the models of `prescale train`, one step ahead. Accuracy is 100 - MAPE. Every predictor is scored on the same
rows of the last 20 % of the file. Beside the models stand last value; seasonal-naive of one day, without and with the
calendar; a ridge on 24 steps, clock and calendar; the champion, the blend that groups are served by, walked forward; and,
for a file of the known generator, the noise floor. The calendar is the file's event flag: known ahead, as sale days are.

With --trace, the champion and the outlook, walked forward over recorded load, minutes to days ahead, beside last value and
seasonal-naive; then the prior alone; with --events or --holidays also the error inside events, with the calendar and without it.

Example:
  prescale evaluate --trace data/traces/nyc_taxi.csv --timezone America/New_York --holidays US")]
pub struct EvaluateArgs {
    /// CSV of metrics, one row per step.
    #[arg(long, value_name = "FILE", required_unless_present = "trace", conflicts_with = "trace")]
    data: Option<PathBuf>,
    /// Folder of a model that `prescale train` wrote; may be given several times.
    #[arg(long, value_name = "DIR", conflicts_with = "trace")]
    model: Vec<PathBuf>,
    /// Recorded load instead: `timestamp,<name>`, UTC, one value per step.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// With --trace, what a missing row is [default: gap]
    #[arg(long, value_enum, value_name = "WHAT", requires = "trace")]
    missing: Option<MissingRows>,
    #[command(flatten)]
    announced: Announced,
    /// With --trace, the first moment that is scored (RFC 3339) [default: the last quarter].
    #[arg(long, value_name = "TIME", requires = "trace")]
    from: Option<Time>,
    /// With --trace, the prior in the blend: `shipped`, `none`, or the folder of one that `prescale pretrain` wrote [default: shipped].
    #[arg(long, value_name = "PRIOR", requires = "trace")]
    prior: Option<PathBuf>,
    /// With --trace, whether the prior is adapted to the load once a local day, as groups do it.
    #[arg(long, value_enum, value_name = "WHEN", default_value = "never", conflicts_with = "data")]
    retrain: Retrain,
    /// Compute backend.
    #[arg(long, value_enum, default_value = "flex")]
    backend: Backend,
}

/// Runs `prescale evaluate`.
pub fn run(global: &Global, options: EvaluateArgs) -> Result<(), Failure> {
    match &options.data {
        Some(_) if options.announced.given() => Err(Failure::Usage(
            "--events, --holidays and --timezone go with --trace; --data has its own flag".into(),
        )),
        Some(data) => models(global, data, &options),
        None => trace::run(global, &options),
    }
}

fn models(global: &Global, data: &Path, options: &EvaluateArgs) -> Result<(), Failure> {
    let table = MetricTable::load(data).map_err(Failure::Usage)?;
    let mut models = Vec::new();
    for dir in &options.model {
        let model = PresetModel::load(dir, options.backend).map_err(|e| Failure::Usage(e.to_string()))?;
        models.push((format!("{} ({})", model.preset.name(), dir.display()), model));
    }
    let comparison =
        scores::compare(&table, &models).map_err(|e| Failure::Usage(format!("{}: {e}", data.display())))?;
    if global.json {
        let text = serde_json::to_string(&comparison).map_err(|e| Failure::Failed(e.to_string()))?;
        println!("{text}");
    } else {
        print(&comparison);
    }
    Ok(())
}

/// Prints the table for people.
pub fn print(comparison: &Comparison) {
    let widest = comparison.scores.iter().map(|s| s.model.chars().count()).max().unwrap_or(0);
    println!("{:widest$}  accuracy %       R²      MAE   MAPE %", "model");
    for s in &comparison.scores {
        println!("{:widest$}  {:10.2}  {:7.4}  {:7.3}  {:7.2}", s.model, s.accuracy, s.r2, s.mae, s.mape);
    }
    println!("{} rows, the last 20 % of the file, one step ahead", comparison.rows);
    comparison.notes.iter().for_each(|note| println!("note: {note}"));
}
