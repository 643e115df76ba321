//! A report as CSV: one measure a line.

use super::{GroupReport, Report};
use crate::domain::text::clean;

/// `group,measure,minutes_ahead,value`; what is unknown has no line.
pub(super) fn write(report: &Report) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let lines = report.groups.iter().flat_map(lines);
    let head = ["group", "measure", "minutes_ahead", "value"].map(str::to_owned);
    for line in std::iter::once(head).chain(lines) {
        out.write_record(&line).expect("memory takes every line of four fields");
    }
    let bytes = out.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("CSV of texts is text")
}

fn lines(group: &GroupReport) -> Vec<[String; 4]> {
    let name = clean(&group.group, 255);
    let line = |measure: &str, ahead: Option<i64>, value: f64| {
        let ahead = ahead.map(|minutes| minutes.to_string()).unwrap_or_default();
        [name.clone(), measure.to_owned(), ahead, value.to_string()]
    };
    let known = [
        ("steps", Some(group.demand.steps as f64)),
        ("missing_steps", Some(group.demand.missing as f64)),
        ("mean_demand", group.demand.mean),
        ("peak_demand", group.demand.peak.map(|(_, value)| value)),
        ("mean_cpu_percent", group.mean_cpu),
        ("minutes_above_target", Some(group.minutes_above_target as f64)),
        ("instance_hours", Some(group.instance_hours)),
        ("error_budget_spent_percent", group.objective.map(|kept| kept.spent())),
    ];
    let mut lines: Vec<_> =
        known.into_iter().filter_map(|(measure, value)| Some(line(measure, None, value?))).collect();
    for (name, tally) in [("acted", group.scorecard.acted), ("advised", group.scorecard.advised)] {
        if tally.minutes > 0.0 {
            lines.push(line(&format!("{name}_minutes_counted"), None, tally.minutes));
            lines.push(line(&format!("{name}_minutes_above_saved"), None, tally.minutes_saved()));
            lines.push(line(&format!("{name}_instance_hours_saved"), None, tally.hours_saved()));
        }
    }
    for (stage, count) in &group.decisions {
        lines.push(line(&format!("decisions_{stage}"), None, f64::from(*count)));
    }
    for a in &group.accuracy {
        let ahead = Some(a.minutes_ahead);
        lines.push(line("forecasts", ahead, a.forecasts as f64));
        lines.push(line("wape", ahead, a.wape));
        lines.push(line("last_value_wape", ahead, a.last_value_wape));
        lines.push(line("below_p95", ahead, a.below_p95));
    }
    lines
}
