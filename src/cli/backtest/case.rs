//! What a backtest walks over: a file of recorded load, or a group's stored history.

use std::path::Path;

use chrono_tz::Tz;

use super::{BacktestArgs, failure};
use crate::{
    backtest::history,
    cli::{Failure, Global, announced::of_calendar, recorded},
    cloud::simulator::Trace,
    config::Config,
    domain::{Seconds, Time, event::Event, series::Series, shift},
};

/// A week.
const WEEK: Seconds = 7 * 86_400;

/// The load and what goes with it.
pub(super) struct Case {
    pub trace: Trace,
    pub events: Vec<Event>,
    pub zone: Tz,
    pub capacity: f64,
    pub boot: Seconds,
    pub from: Time,
    pub recorded: Option<Series>,
}

impl Case {
    /// As the options say.
    pub fn read(global: &Global, options: &BacktestArgs) -> Result<Case, Failure> {
        match (&options.trace, &options.group) {
            (Some(trace), _) => of_file(trace, options),
            (None, Some(group)) => of_group(global, group, options),
            (None, None) => Err(Failure::Usage("give --trace FILE or --group NAME".into())),
        }
    }
}

fn of_file(path: &Path, options: &BacktestArgs) -> Result<Case, Failure> {
    let trace = recorded::trace(path, options.missing)?;
    let needs = |option: &str| Failure::Usage(format!("--trace needs {option}"));
    let zone = options.announced.timezone.unwrap_or(Tz::UTC);
    let mut events = options.announced.events()?.unwrap_or_default();
    events.extend(options.announced.holidays(&[], zone, (trace.series.start(), trace.series.known_until())));
    Ok(Case {
        trace,
        events,
        zone,
        capacity: options.size.capacity.ok_or_else(|| needs("--capacity"))?,
        boot: options.size.boot.ok_or_else(|| needs("--boot"))?,
        from: options.from.ok_or_else(|| needs("--from"))?,
        recorded: None,
    })
}

fn of_group(global: &Global, group: &str, options: &BacktestArgs) -> Result<Case, Failure> {
    let config = Config::load(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    let own = config.group(group);
    let known = history(&config.database(), group, &own.demand).map_err(failure)?;
    let needs = |what: &str| Failure::Usage(format!("{what} of {group} is unknown"));
    let (first, until) = (known.trace.series.start(), known.trace.series.known_until());
    let half = shift(first, (until - first).num_seconds() / 2);
    let zone = options.announced.timezone.or(config.timezone).unwrap_or(Tz::UTC);
    let given = options.announced.events()?;
    let mut events = given.map_or_else(|| of_calendar(&config.calendar(), group, (first, until)), Ok)?;
    events.extend(options.announced.holidays(&config.holidays, zone, (first, until)));
    Ok(Case {
        events,
        trace: known.trace,
        zone,
        capacity: options.size.capacity.or(own.capacity).or(known.capacity).ok_or_else(|| {
            needs("what one instance serves (20 minutes of requests, CPU and instances do; give --capacity)")
        })?,
        boot: options
            .size
            .boot
            .or(own.lead)
            .ok_or_else(|| needs("the time from order to service (give --boot)"))?,
        from: options.from.unwrap_or(half.max(shift(until, -WEEK))),
        recorded: Some(known.in_service),
    })
}
