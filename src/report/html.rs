//! A report as one HTML page: no script, no other file, charts as SVG.

use chrono_tz::Tz;

use super::{GroupReport, Report, markdown, stamp};
use crate::domain::{Time, series::Series, text::clean};

/// Size of a chart in its own units.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 220.0;
/// Columns of a chart; more steps than these are drawn as the highest of those that share a column.
const COLUMNS: usize = 960;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>prescale report</title><style>\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;color:#1f2328;background:#fff}\
table{border-collapse:collapse}td,th{padding:.2rem .8rem;border-bottom:1px solid #d0d7de;text-align:right}\
td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto;border:1px solid #d0d7de}\
.actual{stroke:#0a5f73}.predicted{stroke:#b34700;stroke-dasharray:5 3}polyline{fill:none;stroke-width:1.5}\
text{font:12px system-ui,sans-serif;fill:#59636e}</style></head><body>\n";

/// The whole page.
pub(super) fn page(report: &Report, zone: Tz) -> String {
    let groups: String = report.groups.iter().map(|group| section(group, zone)).collect();
    format!("{HEAD}{groups}</body></html>\n")
}

fn section(group: &GroupReport, zone: Tz) -> String {
    let rows =
        |(label, value): (&str, String)| format!("<tr><th>{label}</th><td>{}</td></tr>", escape(&value));
    let figures: String = markdown::figures(group, zone).into_iter().map(rows).collect();
    let accuracy: String = group
        .accuracy
        .iter()
        .map(|a| {
            format!(
                "<tr><td>{} min</td><td>{}</td><td>{:.3}</td><td>{:.3}</td><td>{:.1} %</td></tr>",
                a.minutes_ahead,
                a.forecasts,
                a.wape,
                a.last_value_wape,
                100.0 * a.below_p95
            )
        })
        .collect();
    format!(
        "<h1>{}</h1>\n{}\n<table>{figures}</table>\n<h2>Forecasts against what came</h2>\n<table><tr><th>ahead</th>\
         <th>forecasts</th><th>WAPE</th><th>last value's</th><th>below p95</th></tr>{accuracy}</table>\n",
        escape(&group.group),
        chart(group, zone)
    )
}

/// Demand, and what was predicted of it a quarter of an hour before.
fn chart(group: &GroupReport, zone: Tz) -> String {
    let top = group.actual.known().chain(group.predicted.known()).fold(0.0, f64::max);
    if top <= 0.0 {
        return "<p>No demand in this time.</p>".into();
    }
    let span = (group.from, group.until);
    let lines: String = [("actual", &group.actual), ("predicted", &group.predicted)]
        .into_iter()
        .flat_map(|(class, series)| polylines(series, span, top).into_iter().map(move |l| (class, l)))
        .map(|(class, points)| format!("<polyline class=\"{class}\" points=\"{points}\"/>"))
        .collect();
    let (from, until) = (stamp(group.from, zone), stamp(group.until, zone));
    let (foot, end) = (HEIGHT + 16.0, WIDTH - 4.0);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"demand, actual and predicted\">{lines}\
         <text x=\"4\" y=\"14\">{top:.0} a step; solid: actual, dashed: predicted 15 min before</text>\
         <text x=\"4\" y=\"{foot}\">{from}</text><text x=\"{end}\" y=\"{foot}\" text-anchor=\"end\">{until}</text></svg>",
        HEIGHT + 22.0
    )
}

/// Points of a line between two gaps each.
fn polylines(series: &Series, (from, until): (Time, Time), top: f64) -> Vec<String> {
    let seconds = ((until - from).num_seconds() as f64).max(1.0);
    let stride = series.len().div_ceil(COLUMNS).max(1);
    let values: Vec<(Time, Option<f64>)> = series.iter().collect();
    let mut lines = vec![String::new()];
    for shared in values.chunks(stride) {
        let highest = shared.iter().filter_map(|(_, value)| *value).reduce(f64::max);
        match highest {
            Some(value) => {
                let x = WIDTH * (shared[0].0 - from).num_seconds() as f64 / seconds;
                let y = HEIGHT - (HEIGHT - 20.0) * value / top;
                lines.last_mut().expect("never empty").push_str(&format!("{x:.1},{y:.1} "));
            }
            None => lines.push(String::new()),
        }
    }
    lines.into_iter().filter(|points| !points.is_empty()).collect()
}

/// Text without control characters, harmless in HTML.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text, 400).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}
