//! When scale-in must stop by itself: less work gets done while errors or unhealthy instances rise.
//!
//! An outage looks like a quiet night: requests fail fast, CPU falls, and a forecast of the next hour falls with it.
//! Whoever scales in then has too few instances when the service comes back. So the work done (CPU × instances in
//! service, which a scale-out does not change) is compared over five minutes with the fifteen before, beside
//! the errors and the instances that fail their health checks.

use crate::domain::{Seconds, Time, series::Series, shift};

/// Seconds of the newest window, and of the one before it.
const NOW: Seconds = 300;
const BEFORE: Seconds = 900;
/// Share of the work before that is left, at the most.
const FALLEN: f64 = 0.7;
/// Share of requests that fail, at the least.
const FAILING: f64 = 0.01;
/// Errors against those before, at the least.
const RISEN: f64 = 3.0;
/// Least known minutes in each window.
const LEAST: usize = 3;

/// What is looked at; a value a minute each.
#[derive(Debug, Clone, Copy)]
pub struct Signs<'a> {
    /// CPU in percent.
    pub cpu: &'a Series,
    /// Instances in service.
    pub in_service: &'a Series,
    /// Requests a minute.
    pub requests: &'a Series,
    /// Failed requests a minute; a load balancer that counts none publishes none.
    pub errors: &'a Series,
    /// Unhealthy instances: the fewest of the last twenty minutes, and now.
    pub unhealthy: (u32, u32),
}

/// Why scale-in must stop, if it must.
pub fn incident(signs: &Signs<'_>, now: Time) -> Option<String> {
    let end =
        signs.cpu.last_known().map(|(t, _)| shift(t, 60)).filter(|t| (now - *t).num_seconds() <= NOW)?;
    let (start, past) = (shift(end, -NOW), shift(end, -NOW - BEFORE));
    let work = |from, until| {
        let busy = signs.cpu.between(from, until);
        mean(busy.iter().filter_map(|(t, cpu)| Some(cpu? / 100.0 * signs.in_service.at(t)?)))
    };
    let (was, is) = (work(past, start)?, work(start, end)?);
    if is > FALLEN * was {
        return None;
    }
    let fell = format!("work fell by {:.0} % within minutes", 100.0 * (1.0 - is / was));
    if let Some((errors, share)) = errors(signs, (past, start, end)) {
        return Some(format!("{fell} while errors rose to {errors:.0} a minute ({share:.0} % of requests)"));
    }
    let (fewest, unhealthy) = signs.unhealthy;
    (unhealthy > fewest)
        .then(|| format!("{fell} while unhealthy instances rose from {fewest} to {unhealthy}"))
}

/// Errors a minute and their percentage, where they rose.
fn errors(signs: &Signs<'_>, (past, start, end): (Time, Time, Time)) -> Option<(f64, f64)> {
    let sum = |from, until| signs.errors.between(from, until).known().sum::<f64>();
    let (before, newest) = (sum(past, start) / BEFORE as f64, sum(start, end) / NOW as f64);
    let requests = mean(signs.requests.between(start, end).known())? / 60.0;
    let rose = newest > RISEN * before && newest >= FAILING * requests && newest > 0.0;
    rose.then(|| (60.0 * newest, if requests > 0.0 { 100.0 * newest / requests } else { 100.0 }))
}

/// Mean of enough values.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, n), v| (sum + v, n + 1));
    (count >= LEAST).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    /// Fifteen minutes at the first value, five at the second.
    fn series(before: Option<f64>, after: Option<f64>) -> Series {
        let values = (0..20).map(|i| if i < 15 { before } else { after });
        Series::from_values(at_epoch(0), 60, values)
    }

    fn found(cpu: f64, instances: f64, errors: Option<f64>, unhealthy: (u32, u32)) -> Option<String> {
        let (cpu, in_service) = (series(Some(60.0), Some(cpu)), series(Some(10.0), Some(instances)));
        let (requests, errors) = (series(Some(600.0), Some(600.0)), series(None, errors));
        let signs =
            Signs { cpu: &cpu, in_service: &in_service, requests: &requests, errors: &errors, unhealthy };
        incident(&signs, at_epoch(1_200))
    }

    #[test]
    fn work_that_falls_while_errors_rise_is_an_incident() {
        let text = found(24.0, 10.0, Some(300.0), (0, 0)).expect("half fails");
        assert_eq!(
            text,
            "work fell by 60 % within minutes while errors rose to 300 a minute (50 % of requests)"
        );
        assert_eq!(found(24.0, 10.0, Some(3.0), (0, 0)), None, "half a percent fails always");
        assert_eq!(found(24.0, 10.0, None, (0, 0)), None, "a quiet night");
    }

    #[test]
    fn a_scale_out_is_no_incident_and_unhealthy_instances_are_one() {
        assert_eq!(found(30.0, 20.0, Some(300.0), (0, 4)), None, "the work is the same");
        assert!(found(24.0, 10.0, None, (1, 4)).is_some_and(|t| t.ends_with("rose from 1 to 4")));
        assert_eq!(found(24.0, 10.0, None, (4, 4)), None);
    }

    #[test]
    fn old_or_missing_signals_are_ignored() {
        let gap = series(Some(60.0), None);
        let full = series(Some(10.0), Some(10.0));
        let signs = Signs { cpu: &gap, in_service: &full, requests: &full, errors: &full, unhealthy: (0, 9) };
        assert_eq!(incident(&signs, at_epoch(1_200)), None);
        assert_eq!(incident(&signs, at_epoch(9_000)), None);
    }
}
