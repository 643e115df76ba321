//! A group's report as Markdown.

use std::fmt::Write;

use chrono_tz::Tz;

use super::{GroupReport, stamp};
use crate::domain::{scorecard::Tally, text::clean};

/// Headline, figures, and a table of accuracy.
pub(super) fn group(report: &GroupReport, zone: Tz) -> String {
    let mut text = format!("# {}\n\n", escape(&report.group));
    for (label, value) in figures(report, zone) {
        line(&mut text, format_args!("- {label}: {value}"));
    }
    if report.accuracy.is_empty() {
        line(&mut text, format_args!("\nNo forecast of this time can be scored yet."));
        return text;
    }
    line(&mut text, format_args!("\n| minutes ahead | forecasts | WAPE | last value's WAPE | below p95 |"));
    line(&mut text, format_args!("|---|---|---|---|---|"));
    for a in &report.accuracy {
        let (minutes, count) = (a.minutes_ahead, a.forecasts);
        let (wape, last, below) = (a.wape, a.last_value_wape, 100.0 * a.below_p95);
        line(&mut text, format_args!("| {minutes} | {count} | {wape:.3} | {last:.3} | {below:.1} % |"));
    }
    text
}

/// What is said of a group in words, with its labels.
pub(super) fn figures(report: &GroupReport, zone: Tz) -> Vec<(&'static str, String)> {
    let number = |value: Option<f64>| value.map_or("unknown".into(), |v| format!("{v:.1}"));
    let peak = report.demand.peak;
    let decisions: Vec<String> = report.decisions.iter().map(|(stage, n)| format!("{n} {stage}")).collect();
    let decisions = if decisions.is_empty() { "none".into() } else { decisions.join(", ") };
    let score = |tally: Tally| if tally.minutes > 0.0 { tally.words(None) } else { "not counted".into() };
    let kept = report.objective.map(|kept| {
        let (share, baseline) = (100.0 * kept.share, 100.0 * kept.baseline);
        let spent = kept.spent();
        let text = format!(
            "{}: {share:.2} % came ({spent:.0} % of what is allowed), {baseline:.2} % with target tracking",
            kept.objective
        );
        ("objective", text)
    });
    let mut figures = vec![
        ("time", format!("{} to {}", stamp(report.from, zone), stamp(report.until, zone))),
        (
            "steps",
            format!("{} of {} s, {} missing", report.demand.steps, report.demand.step, report.demand.missing),
        ),
        ("mean demand a step", number(report.demand.mean)),
        ("peak", peak.map_or("unknown".into(), |(at, v)| format!("{v:.1} at {}", stamp(at, zone)))),
        ("mean CPU", report.mean_cpu.map_or("unknown".into(), |cpu| format!("{cpu:.1} %"))),
        ("above the target", format!("{} min above {:.0} %", report.minutes_above_target, report.target)),
        ("instance-hours in service", format!("{:.1}", report.instance_hours)),
        ("decisions", decisions),
        ("versus the simulated target-tracking baseline", score(report.scorecard.acted)),
        ("had its advice been followed, versus the baseline", score(report.scorecard.advised)),
    ];
    figures.extend(kept);
    figures
}

/// Without control characters and without what Markdown would take for markup.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text, 255).chars() {
        if "\\`*_{}[]<>#|".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a string takes everything");
}
