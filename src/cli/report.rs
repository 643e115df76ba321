//! `prescale report`: what the history says of a group or the fleet.

use std::path::PathBuf;

use chrono_tz::Tz;

use super::{Failure, Global, print, print_json};
use crate::{
    config::Config,
    domain::text::escape_json,
    report::{Report, ReportError, ReportRequest, open},
};

/// Options of `prescale report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Markdown is printed unless another form is asked for. A console or an agent may run meanwhile.

Example:
  prescale report --group checkout-web --days 7 --html --out week.html")]
pub struct ReportArgs {
    /// Group to report on [default: all]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Number of days, counted back from the newest sample.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=3_660))]
    days: i64,
    /// Comma-separated values, one measure per line.
    #[arg(long, conflicts_with_all = ["md", "html"])]
    csv: bool,
    /// Markdown. The default.
    #[arg(long, conflicts_with = "html")]
    md: bool,
    /// One self-contained HTML page with charts.
    #[arg(long)]
    html: bool,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs `prescale report`.
pub fn run(global: &Global, options: ReportArgs) -> Result<(), Failure> {
    let config = Config::load(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    let store = open(&config.database()).map_err(failure)?;
    let request = ReportRequest {
        group: options.group.as_deref(),
        length: 86_400 * options.days,
        promise: &|group| {
            let settings = &config.group(group).settings;
            (settings.target, settings.objective)
        },
    };
    let report = Report::read(&store, &request).map_err(failure)?;
    let zone = config.timezone.unwrap_or(Tz::UTC);
    let text = match (options.csv, options.html) {
        _ if global.json && options.out.is_none() => return print_json(&report),
        _ if global.json => serde_json::to_string_pretty(&report)
            .map(|text| escape_json(&text))
            .map_err(|e| Failure::Failed(format!("no JSON for this: {e}")))?,
        (true, _) => report.csv(),
        (_, true) => report.html(zone),
        _ => report.markdown(zone),
    };
    match &options.out {
        None => print(&text),
        Some(path) => {
            std::fs::write(path, text).map_err(|e| Failure::Failed(format!("{}: {e}", path.display())))
        }
    }
}

fn failure(error: ReportError) -> Failure {
    match error {
        ReportError::Store(_) => Failure::Failed(error.to_string()),
        _ => Failure::Usage(error.to_string()),
    }
}
