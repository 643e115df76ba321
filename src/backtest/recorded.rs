//! The group as it was: the recorded load on the instances that were really in service.

use super::{BacktestError, BacktestOptions, BacktestReport, oracle};
use crate::{
    cloud::simulator::{Simulator, Size, Tick},
    domain::{Time, series::Series},
};

/// Least share of the minutes whose size must be known, so that the figures can be compared with others.
const LEAST: f64 = 0.9;

/// Puts the sizes that were seen under the load. Minutes in which nothing was seen do not count.
pub(super) fn walk(
    options: &BacktestOptions,
    simulator: &Simulator,
    (from, until): (Time, Time),
) -> Result<BacktestReport, BacktestError> {
    let nothing = Series::new(from, 60);
    let seen = options.recorded.as_ref().unwrap_or(&nothing);
    let ticks: Vec<Tick> =
        oracle::future(simulator, from, until).into_iter().map(|tick| as_it_was(tick, seen)).collect();
    let known = ticks.iter().filter(|tick| tick.counted).count();
    if (known as f64) < LEAST * ticks.len() as f64 {
        return Err(BacktestError::Usage(format!(
            "`recorded`: instances in service are known for only {:.1} of {:.1} hours; choose a shorter period",
            known as f64 / 60.0,
            ticks.len() as f64 / 60.0
        )));
    }
    let mut decisions: Vec<(Time, u32)> = Vec::new();
    for tick in ticks.iter().filter(|tick| tick.counted) {
        if decisions.last().is_none_or(|(_, size)| *size != tick.size.in_service) {
            decisions.push((tick.start, tick.size.in_service));
        }
    }
    Ok(BacktestReport { decisions, ticks, ..BacktestReport::default() })
}

/// `tick` with the size that was seen in it.
fn as_it_was(tick: Tick, seen: &Series) -> Tick {
    let Some(serving) = seen.at(tick.start).map(|n| n.round().max(0.0) as u32) else {
        return Tick { counted: false, ..tick };
    };
    let size = Size { in_service: serving, billed: serving, desired: serving };
    Tick { size, ..tick }
}
