//! Metrics that there are once.

use std::{fmt, time::Duration};

use super::family::Families;
use crate::link::{Level, SourceView, TrainingState, TrainingView, Usage, View};

const LEVELS: [Level; 4] = [Level::Good, Level::Info, Level::Warning, Level::Critical];

/// Writes them from a `view` that is `age` old.
pub(super) fn write(to: &mut Families<'_>, view: &View, age: Duration) -> fmt::Result {
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    to.gauges("build_info", "Always 1; the version of the program is in the label", [(version, 1.0)])?;
    let text = "Time since the newest view of the fleet was published; it grows while the loop stands still";
    to.gauge("view_age_seconds", text, age.as_secs_f64())?;
    let seconds = view.now.timestamp() as f64;
    to.gauge("clock_timestamp_seconds", "The engine's clock: the last minute processed", seconds)?;
    to.gauge("read_only", "1 while the agent takes no commands and changes nothing", flag(view.read_only))?;
    to.gauge("brake", "1 while scale-in is frozen for all groups", flag(view.brake))?;
    let count = |level| view.notices.iter().filter(|notice| notice.level == level).count() as f64;
    let notices = LEVELS.map(|level| ([("level", level.name())], count(level)));
    to.gauges("notices", "Notices for the operator, by level", notices)?;
    to.gauge("groups", "Groups in the fleet", view.groups.len() as f64)?;
    to.gauge("proposals", "Proposals that wait for a person", view.proposals.len() as f64)?;
    let valid = flag(view.calendar.problem.is_none());
    to.gauge(
        "calendar_valid",
        "0 while the calendar file has a mistake and the last good one is in force",
        valid,
    )?;
    pace(to, view)?;
    usage(to, view)?;
    training(to, view.training.as_ref())
}

fn pace(to: &mut Families<'_>, view: &View) -> fmt::Result {
    let pace = view.engine_loop;
    to.counter("loop_minutes", "Minutes that the loop has processed", pace.minutes)?;
    to.gauge("loop_minute_seconds", "Time that the newest minute took", pace.took)?;
    to.gauge("loop_lag_seconds", "Time by which the newest minute began late", pace.late)?;
    to.gauge("store_bytes", "Size of the history on disk", pace.store_bytes as f64)
}

/// By source where they have names, else once without a label.
fn usage(to: &mut Families<'_>, view: &View) -> fmt::Result {
    let alone = view.usage.filter(|_| view.sources.is_empty()).map(|usage| (Vec::new(), usage));
    let named = view.sources.iter().map(|source| (vec![("source", source.name.as_str())], source.usage));
    let all: Vec<(Vec<(&str, &str)>, Usage)> = alone.into_iter().chain(named).collect();
    let of = |value: fn(&Usage) -> Option<f64>| {
        all.iter().filter_map(move |(labels, usage)| Some((labels.clone(), value(usage)?)))
    };
    let calls = all.iter().map(|(labels, usage)| (labels.clone(), usage.total_calls));
    to.counters("api_calls", "Calls to AWS since the start", calls)?;
    let calls = of(|usage| Some(f64::from(usage.calls)));
    to.gauges("api_calls_per_minute", "Calls to AWS during the last minute", calls)?;
    let limit = of(|usage| Some(f64::from(usage.most_calls)));
    to.gauges("api_calls_per_minute_limit", "Calls a minute above which scale-in waits", limit)?;
    let text = "Bill for CloudWatch's metrics at the pace of the last hour, in dollars a month";
    to.gauges("cloudwatch_monthly_dollars", text, of(|usage| usage.monthly))?;
    let up = |source: &SourceView| flag(source.problem.is_none());
    let up = view.sources.iter().map(|source| ([("source", source.name.as_str())], up(source)));
    to.gauges("source_up", "1 while groups and metrics of the source are read, where there are several", up)
}

fn training(to: &mut Families<'_>, newest: Option<&TrainingView>) -> fmt::Result {
    let is = |wanted: fn(&TrainingState) -> bool| flag(newest.is_some_and(|t| wanted(&t.state)));
    let running = is(|state| matches!(state, TrainingState::Running));
    to.gauge("training_running", "1 while a model is being trained", running)?;
    let failed = is(|state| matches!(state, TrainingState::Failed(_)));
    to.gauge("training_failed", "1 if the newest training failed", failed)?;
    let share = newest.filter(|t| t.epochs > 0).map(|t| t.losses.len() as f64 / t.epochs as f64);
    to.gauge("training_progress_ratio", "Share of the epochs of the newest training that are done", share)
}

fn flag(on: bool) -> f64 {
    f64::from(u8::from(on))
}
