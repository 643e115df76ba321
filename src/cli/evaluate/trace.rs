//! `prescale evaluate --trace`: the champion and the outlook on recorded load.

use std::fmt::Write;

use super::EvaluateArgs;
use crate::{
    cli::{
        Failure, Global, print, print_json,
        recorded::{self, Retrain},
    },
    domain::{Seconds, shift},
    forecast::{
        prior::{Prior, file},
        retraining::Retraining,
        walk::{CalendarBenefit, Scored, WalkForwardReport, walk},
    },
};

/// Names of priors that are no folders: the one that the program ships with, and none.
const SHIPPED: &str = "shipped";
const NONE: &str = "none";

/// Walks over the trace and prints what came of it.
pub(super) fn run(global: &Global, options: &EvaluateArgs) -> Result<(), Failure> {
    let Some(path) = &options.trace else {
        return Err(Failure::Usage("give --data FILE or --trace FILE".into()));
    };
    let history = recorded::trace(path, options.missing)?.series;
    let span = (history.start(), history.known_until());
    let zone = options.announced.timezone.unwrap_or(chrono_tz::Tz::UTC);
    let mut events = options.announced.events()?.unwrap_or_default();
    events.extend(options.announced.holidays(&[], zone, span));
    let from = options.from.unwrap_or(shift(span.1, -(span.1 - span.0).num_seconds() / 4));
    let prior = match &options.prior {
        None => Prior::shipped(),
        Some(dir) if dir.as_os_str() == SHIPPED => Prior::shipped(),
        Some(dir) if dir.as_os_str() == NONE => Prior::default(),
        Some(dir) => Prior::of(&file::read(dir).map_err(|e| Failure::Usage(e.to_string()))?.0),
    };
    let retraining = match options.retrain {
        Retrain::Daily if options.prior.as_ref().is_some_and(|dir| dir.as_os_str() != SHIPPED) => {
            let why = "--retrain daily adapts the prior that the program ships with: leave --prior out";
            return Err(Failure::Usage(why.into()));
        }
        Retrain::Daily => Some(Retraining::default()),
        Retrain::Never => None,
    };
    let walked = walk(&history, &events, zone, from, &prior, retraining);
    if global.json { print_json(&walked) } else { print(&text(&walked)) }
}

fn text(walked: &WalkForwardReport) -> String {
    let mut text = format!("WAPE of targets from {} on\n", walked.from.format("%Y-%m-%dT%H:%MZ"));
    match walked.prior.as_slice() {
        [] => table(&mut text, "experts alone", "<= p95", &walked.ahead),
        prior => {
            table(&mut text, "champion", "<= p95", &walked.ahead);
            table(&mut text, "prior alone", "<= p95", prior);
        }
    }
    table(&mut text, "outlook (hourly)", "<= p90", &walked.outlook);
    if !walked.calendar.is_empty() {
        let _ = writeln!(text, "\nWAPE inside events, from the second of a kind on, over the whole file");
        let _ = writeln!(
            text,
            "{:<18}{:>9}{:>10}{:>10}{:>9}{:>15}",
            "ahead", "outcomes", "with", "without", "change", "outside events"
        );
        walked.calendar.iter().for_each(|effect| effect_line(&mut text, effect));
    }
    text
}

fn table(text: &mut String, who: &str, upper: &str, rows: &[Scored]) {
    let _ = writeln!(
        text,
        "\n{who:<18}{:>9}{:>10}{:>12}{:>12}{:>9}",
        "outcomes", "error", "last value", "seasonal", upper
    );
    for row in rows {
        let _ = writeln!(
            text,
            "{:<18}{:>9}{:>10.4}{:>12.4}{:>12.4}{:>8.1}%",
            length(row.ahead),
            row.outcomes,
            row.wape,
            row.last_value,
            row.seasonal_naive,
            100.0 * row.covered
        );
    }
}

fn effect_line(text: &mut String, effect: &CalendarBenefit) {
    let _ = writeln!(
        text,
        "{:<18}{:>9}{:>10.4}{:>10.4}{:>8.1}%{:>15.4}",
        length(effect.ahead),
        effect.outcomes,
        effect.with,
        effect.without,
        100.0 * (effect.with / effect.without - 1.0),
        effect.ordinary
    );
}

fn length(seconds: Seconds) -> String {
    if seconds % 3_600 == 0 { format!("{} h", seconds / 3_600) } else { format!("{} min", seconds / 60) }
}
