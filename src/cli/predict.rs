//! `prescale predict`

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Global};
use crate::forecast::lstm::{Backend, table::MetricTable, trained::PresetModel};

/// Options of `prescale predict`.
#[derive(Debug, clap::Args)]
pub struct PredictArgs {
    /// CSV of metrics, one row per step; the step after its last row is predicted.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Folder of a model that `prescale train` wrote.
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Compute backend.
    #[arg(long, value_enum, default_value = "flex")]
    backend: Backend,
}

/// Runs `prescale predict`.
pub fn run(global: &Global, options: PredictArgs) -> Result<(), Failure> {
    let table = MetricTable::load(&options.data).map_err(Failure::Usage)?;
    let model =
        PresetModel::load(&options.model, options.backend).map_err(|e| Failure::Usage(e.to_string()))?;
    if table.step != model.data.step {
        return Err(Failure::Usage(format!(
            "{}: a step of {} s, but the model was trained on steps of {} s; provide data with the same step",
            options.data.display(),
            table.step,
            model.data.step
        )));
    }
    let end = table.len();
    let said = model.predict(&table, end..end + 1);
    let Some((_, cpu)) = said.first() else {
        return Err(Failure::Usage(format!(
            "{}: the last rows have a gap or are too few for the model's window; provide more rows without gaps at the end",
            options.data.display()
        )));
    };
    let time = table.time_of(end);
    if global.json {
        println!("{}", json!({"timestamp": time, "cpu_utilization": cpu, "model": model.preset.name()}));
    } else {
        println!("{}  CPU {cpu:.2} %  ({})", time.format("%Y-%m-%d %H:%M:%S UTC"), model.preset.name());
    }
    Ok(())
}
