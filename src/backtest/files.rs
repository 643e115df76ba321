//! The files of a backtest, for scripts to read.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use chrono::SecondsFormat;

use super::{BacktestError, BacktestReport};
use crate::domain::{
    Time,
    forecast::{Forecast, MEDIAN, P10, P25, P75, P90, P95, P99},
};

/// Minutes ahead of the rows of `forecasts.csv`, or the nearest steps.
const MINUTES: [i64; 4] = [5, 15, 30, 60];
/// Columns of `forecasts.csv` and their indices in the levels.
const COLUMNS: [(&str, usize); 7] =
    [("p10", P10), ("p25", P25), ("p50", MEDIAN), ("p75", P75), ("p90", P90), ("p95", P95), ("p99", P99)];

impl BacktestReport {
    /// Writes `decisions.csv`, `forecasts.csv` and `summary.json` into `folder`, which is created if it does
    /// not exist.
    ///
    /// # Errors
    /// [`BacktestError::Write`] names the file.
    pub fn write(&self, folder: &Path) -> Result<(), BacktestError> {
        make(folder, &folder.join("decisions.csv"), |out| self.decisions_csv(out))?;
        make(folder, &folder.join("forecasts.csv"), |out| self.forecasts_csv(out))?;
        make(folder, &folder.join("summary.json"), |out| {
            serde_json::to_writer_pretty(&mut *out, &self.summary)?;
            out.write_all(b"\n")
        })
    }

    fn decisions_csv(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "timestamp,desired")?;
        self.decisions.iter().try_for_each(|(at, desired)| writeln!(out, "{},{desired}", stamp(*at)))
    }

    fn forecasts_csv(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        writeln!(out, "origin,target,{}", names.join(","))?;
        // Nothing is learned between two ends of a step, so the forecasts of those minutes repeat the one
        // before.
        let repeats = |i: usize| i > 0 && self.forecasts[i - 1].first == self.forecasts[i].first;
        let new = self.forecasts.iter().enumerate().filter(|(i, _)| !repeats(*i));
        new.map(|(_, forecast)| forecast).try_for_each(|forecast| rows(forecast, out))
    }
}

fn rows(forecast: &Forecast, out: &mut dyn Write) -> std::io::Result<()> {
    let mut leads: Vec<usize> = MINUTES.map(|m| lead(m * 60, forecast.step)).into();
    leads.dedup();
    for lead in leads {
        let target = forecast.target(lead - 1);
        let Some(row) = forecast.rows.get(lead - 1).filter(|_| target >= forecast.origin) else { continue };
        write!(out, "{},{}", stamp(forecast.origin), stamp(target))?;
        COLUMNS.iter().try_for_each(|(_, level)| write!(out, ",{:.4}", row[*level]))?;
        writeln!(out)?;
    }
    Ok(())
}

/// The whole number of steps nearest to `seconds`, at least one.
fn lead(seconds: i64, step: i64) -> usize {
    ((seconds + step / 2) / step).max(1) as usize
}

fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn make(
    folder: &Path,
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), BacktestError> {
    let write = || {
        std::fs::create_dir_all(folder)?;
        let mut out = BufWriter::new(std::fs::File::create(path)?);
        fill(&mut out)?;
        out.flush()
    };
    write().map_err(|source| BacktestError::Write { path: path.to_owned(), source })
}
