//! `prescale generate`

use std::{fs::File, io::BufWriter, path::PathBuf};

use serde_json::json;

use super::{Failure, Global};
use crate::{
    domain::Time,
    forecast::student::generator::{self, STEP},
};

/// Options of `prescale generate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Five-minute rows of a daily sine with noise, cut at bounds; every fifth day is a sale day. \
                        `prescale evaluate` recognises such a file and adds its noise floor."
)]
pub struct GenerateArgs {
    /// CSV file to write; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Days.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=3_650))]
    days: u16,
    /// Seed of the noise; the same seed gives the same file.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Time of the first row (RFC 3339).
    #[arg(long, value_name = "TIME", default_value = "2026-01-01T00:00:00Z")]
    start: Time,
}

/// Runs `prescale generate`.
pub fn run(global: &Global, options: GenerateArgs) -> Result<(), Failure> {
    let GenerateArgs { out, days, seed, start } = options;
    let table = generator::generate(start, usize::from(days), seed);
    let name = out.display();
    let file = File::create_new(&out)
        .map_err(|e| Failure::Usage(format!("{name}: {e}; give the path of a file that can be made")))?;
    table
        .write(BufWriter::new(file))
        .map_err(|e| Failure::Failed(format!("{name}: {e}; check the free space and remove the file")))?;
    if global.json {
        println!("{}", json!({"out": out, "rows": table.len(), "step": STEP, "seed": seed, "start": start}));
    } else {
        println!("{} rows of {STEP} s from {}; written to {name}", table.len(), start.format("%F %T UTC"));
    }
    Ok(())
}
