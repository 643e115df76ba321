//! `prescale import`: metrics and sales from the student project's files.

use std::path::{Path, PathBuf};

use chrono::Utc;
use serde_json::json;

use super::{Failure, Global, print, print_json};
use crate::{
    calendar::{CalendarEntry, load, save, student},
    config::Config,
    domain::{floor_to, metric::Metric, series::Series, shift, text::clean},
    files,
    forecast::lstm::table::{MetricRow, MetricTable},
    store::Store,
};

/// Most bytes of the JSON that says whether a sale is on.
const MOST_FLAG: u64 = 64 << 10;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Options of `prescale import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The CSV has the columns timestamp,cpu_utilization,network_in,request_count,is_sale_active (multi_metric_data.csv); times
without a zone are UTC. Rows go into the history of the group, rows flagged as a sale into calendar.toml as events of
that group. The JSON is {\"is_sale_active\": 1} or 0 (business_calendar.json): a sale today, for all groups.
No other prescale may run in the home folder meanwhile.")]
pub struct ImportArgs {
    /// CSV of metrics.
    #[arg(long, value_name = "FILE.csv", requires = "group")]
    data: Option<PathBuf>,
    /// Group that the history belongs to.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// JSON that says whether a sale is on today.
    #[arg(long, value_name = "FILE.json", required_unless_present = "data")]
    calendar: Option<PathBuf>,
}

/// Runs `prescale import`.
///
/// # Errors
/// [`Failure::Usage`] for a file that is wrong, [`Failure::Failed`] where history or calendar cannot be written.
pub fn run(global: &Global, options: ImportArgs) -> Result<(), Failure> {
    let config = Config::load(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    // Both files are read before anything is written.
    let today = options.calendar.as_deref().map(flag).transpose()?;
    let table = options.data.as_deref().map(MetricTable::load).transpose().map_err(Failure::Usage)?;
    let group = options.group.unwrap_or_default();
    let mut sales = Vec::new();
    if today == Some(true) {
        let start = floor_to(Utc::now(), DAY);
        sales.push(student::sale(start, shift(start, DAY), ""));
    }
    let mut rows = 0;
    if let Some(table) = &table {
        rows = keep(&config, &group, table)?;
        sales.extend(sales_of(table, &group));
    }
    let added = announce(&config.calendar(), &sales)?;
    let group = clean(&group, 80);
    if global.json {
        return print_json(&json!({
            "group": group, "rows": rows, "sales": sales.len(), "added": added, "sale_today": today,
        }));
    }
    let mut text = String::new();
    if let Some(table) = &table {
        let (first, last) = (table.start.format("%F"), table.time_of(table.len()).format("%F"));
        text += &format!("imported {rows} rows from {first} to {last} into the history of {group}\n");
    }
    if today == Some(false) {
        text += "no sale is on today\n";
    }
    text += &format!("{} sales found, {added} of them new in {}\n", sales.len(), config.calendar().display());
    print(&text)
}

fn flag(path: &Path) -> Result<bool, Failure> {
    let name = clean(&path.display().to_string(), 200);
    let text = files::read_text(path, MOST_FLAG)
        .map_err(|e| Failure::Usage(format!("{name}: {e}; give the path of a readable JSON file")))?;
    student::parse_flag(&text, path).map_err(Failure::Usage)
}

/// Writes the rows into the history of `group`, moved to whole steps. Demand is what the group's demand is counted by
/// elsewhere, requests.
fn keep(config: &Config, group: &str, table: &MetricTable) -> Result<usize, Failure> {
    let start = floor_to(table.start, table.step);
    let of = |value: fn(&MetricRow) -> f64| {
        Series::from_values(start, table.step, table.rows.iter().map(|row| row.as_ref().map(value)))
    };
    let requests = of(|row| row.requests);
    let all = [
        (group, Metric::Cpu, &of(|row| row.cpu)),
        (group, Metric::NetworkIn, &of(|row| row.network)),
        (group, Metric::Requests, &requests),
        (group, Metric::Demand, &requests),
    ];
    let failed = |e: crate::store::StoreError| Failure::Failed(e.to_string());
    let mut store = Store::open(&config.database()).map_err(failed)?;
    store.append_all(all).map_err(failed)?;
    Ok(table.rows.iter().flatten().count())
}

fn sales_of(table: &MetricTable, group: &str) -> Vec<CalendarEntry> {
    let time = |index| floor_to(table.time_of(index), table.step);
    let flags = table.rows.iter().enumerate().map(|(n, row)| (time(n), row.map(|r| r.event > 0.5)));
    let found = student::stretches(flags, time(table.len()));
    found.into_iter().map(|(start, end)| student::sale(start, end, group)).collect()
}

/// Adds the entries that are not in the calendar yet; gives their number.
fn announce(path: &Path, sales: &[CalendarEntry]) -> Result<usize, Failure> {
    let mut document = load(path)?;
    let known = document.entries();
    let new: Vec<&CalendarEntry> = sales.iter().filter(|sale| !known.contains(sale)).collect();
    for sale in &new {
        document.add(sale)?;
    }
    if !new.is_empty() {
        save(path, &document, document.hash())?;
    }
    Ok(new.len())
}
