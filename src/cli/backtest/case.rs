//! What a backtest walks over: a file of recorded load, or a group's stored history.

use std::path::Path;

use chrono_tz::Tz;

use super::{Options, failure};
use crate::{
    agent::assemble::demand,
    backtest::history,
    calendar::{Calendar, parse_events},
    cli::{Failure, Global},
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
    pub fn read(global: &Global, options: &Options) -> Result<Case, Failure> {
        match (&options.trace, &options.group) {
            (Some(trace), _) => of_file(trace, options),
            (None, Some(group)) => of_group(global, group, options),
            (None, None) => Err(Failure::Usage("give --trace FILE or --group NAME".into())),
        }
    }
}

fn of_file(path: &Path, options: &Options) -> Result<Case, Failure> {
    let name = path.display().to_string();
    let trace = Trace::parse_csv(file(path)?, &name).map_err(|e| Failure::Usage(e.to_string()))?;
    let needs = |option: &str| Failure::Usage(format!("--trace needs {option}"));
    Ok(Case {
        trace,
        events: events(options)?.unwrap_or_default(),
        zone: options.timezone.unwrap_or(Tz::UTC),
        capacity: options.capacity.ok_or_else(|| needs("--capacity"))?,
        boot: options.boot.ok_or_else(|| needs("--boot"))?,
        from: options.from.ok_or_else(|| needs("--from"))?,
        recorded: None,
    })
}

fn of_group(global: &Global, group: &str, options: &Options) -> Result<Case, Failure> {
    let config = Config::load(global).map_err(|e| Failure::Usage(e.to_string()))?;
    let own = config.group(group);
    let demand = demand(&own.demand);
    let known = history(&config.database(), group, &demand).map_err(failure)?;
    let needs = |what: &str| Failure::Usage(format!("nothing tells {what} of {group}"));
    let (first, until) = (known.trace.series.start(), known.trace.series.known_until());
    let half = shift(first, (until - first).num_seconds() / 2);
    let given = events(options)?;
    Ok(Case {
        events: given.map_or_else(|| announced(&config.calendar(), group, (first, until)), Ok)?,
        trace: known.trace,
        zone: options.timezone.or(config.timezone).unwrap_or(Tz::UTC),
        capacity: options.capacity.or(own.capacity).or(known.capacity).ok_or_else(|| {
            needs("what one instance serves (20 minutes of requests, CPU and instances do; give --capacity)")
        })?,
        boot: options
            .boot
            .or(own.lead)
            .ok_or_else(|| needs("the time from order to service (give --boot)"))?,
        from: options.from.unwrap_or(half.max(shift(until, -WEEK))),
        recorded: Some(known.in_service),
    })
}

/// The events of `--events`, where it is given.
fn events(options: &Options) -> Result<Option<Vec<Event>>, Failure> {
    let Some(path) = &options.events else { return Ok(None) };
    let text = String::from_utf8_lossy(&file(path)?).into_owned();
    parse_events(&text, path).map(Some).map_err(|e| Failure::Usage(e.to_string()))
}

/// What the calendar at `path`, if there is one, says of `group`.
fn announced(path: &Path, group: &str, (from, until): (Time, Time)) -> Result<Vec<Event>, Failure> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&file(path)?).into_owned();
    Calendar::parse(&text, path)
        .and_then(|calendar| calendar.for_group(group, from, until))
        .map_err(|e| Failure::Usage(e.to_string()))
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))
}
