//! `prescale import-model`

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Global, evaluate};
#[cfg(feature = "pytorch-import")]
use crate::forecast::lstm::torch::import;
use crate::forecast::lstm::{Backend, scores, table::MetricTable};

/// Options of `prescale import-model`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The files are state dicts (torch.save(model.state_dict(), ...)) of the student project's \
                        original, optimized or advanced network; which one is seen from the tensors. Several files \
                        of the advanced network make an ensemble. The scaler is not in such a file: it is fitted on \
                        all rows of the data, as the student project does."
)]
pub struct ImportModelArgs {
    /// PyTorch file with weights; may be given several times.
    #[arg(long = "from", value_name = "FILE.pth", required = true)]
    from: Vec<PathBuf>,
    /// CSV of metrics that the scaler is fitted on.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Compute backend.
    #[arg(long, value_enum, default_value = "flex")]
    backend: Backend,
    /// Folder to write; it must not exist yet, or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The sentence that a build without the reader of PyTorch's files answers with.
#[cfg(not(feature = "pytorch-import"))]
fn import(
    _files: &[PathBuf],
    _table: &MetricTable,
    _backend: Backend,
) -> Result<crate::forecast::lstm::trained::PresetModel, String> {
    Err("this prescale was built without the feature `pytorch-import`; build it with --features pytorch-import".into())
}

/// Runs `prescale import-model`.
pub fn run(global: &Global, options: ImportModelArgs) -> Result<(), Failure> {
    let table = MetricTable::load(&options.data).map_err(Failure::Usage)?;
    let model = import(&options.from, &table, options.backend).map_err(Failure::Usage)?;
    let name = model.preset.name().to_owned();
    model.save(&options.out).map_err(|e| Failure::Usage(e.to_string()))?;
    let comparison = scores::compare(&table, &[(name.clone(), model)]).map_err(Failure::Failed)?;
    if global.json {
        println!(
            "{}",
            json!({"preset": name, "out": options.out, "rows": comparison.rows, "scores": comparison.scores,
                   "notes": comparison.notes})
        );
        return Ok(());
    }
    println!("imported {name}; saved in {}", options.out.display());
    evaluate::print(&comparison);
    Ok(())
}
