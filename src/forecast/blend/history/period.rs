//! Finds a period shorter than a day in the demand so far: jobs every half hour, every hour, every two hours.
//!
//! The changes from step to step are compared with those of so many steps before. A job that begins and ends on time gives
//! the same changes again; the slow curve of a day hardly changes between steps, and noise is not repeated.

/// Days of steps that are looked at.
pub(super) const DAYS: usize = 4;
/// The shortest period in steps; below, the newest values say it all.
const SHORTEST: usize = 3;
/// How often a period must have been seen.
const REPEATS: usize = 4;
/// Least correlation of the changes with those a period before.
const LEAST: f64 = 0.5;
/// The least, in standard errors of the correlation of as many unrelated changes.
const SURE: f64 = 4.0;
/// Changes beyond so many times the usual count as so many: one odd hour is no period.
const CLIP: f64 = 20.0;

/// The shortest period of `values`, oldest first, in steps of which `day` make a day; `None` if nothing repeats.
pub(super) fn find(values: &[f64], day: usize) -> Option<usize> {
    let changes = clipped(values);
    let total: f64 = changes.iter().map(|change| change * change).sum();
    // Half a day and more is what the daily pattern knows.
    let longest = (day * 5 / 12).min(changes.len() / REPEATS);
    if longest < SHORTEST || total <= 0.0 {
        return None;
    }
    let count = changes.len() as f64;
    let correlation = |lag: usize| {
        let sum: f64 = changes[lag..].iter().zip(&changes).map(|(now, before)| now * before).sum();
        sum / total * count / (count - lag as f64)
    };
    let by_lag: Vec<f64> = (2..=longest + 1).map(correlation).collect();
    let at = |lag: usize| by_lag[lag - 2];
    let mut trough = at(2);
    let mut found: Vec<(usize, f64)> = Vec::new();
    for lag in SHORTEST..=longest {
        let least = LEAST.max(SURE / (count - lag as f64).sqrt());
        let is_peak = at(lag) >= at(lag - 1) && at(lag) >= at(lag + 1);
        if is_peak && at(lag) >= least && at(lag) - trough >= least {
            found.push((lag, at(lag)));
        }
        trough = trough.min(at(lag));
    }
    let best = found.iter().map(|(_, r)| *r).reduce(f64::max)?;
    found.into_iter().find(|(_, r)| *r >= 0.85 * best).map(|(lag, _)| lag)
}

/// Changes from step to step, none much larger than usual.
fn clipped(values: &[f64]) -> Vec<f64> {
    let changes: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut sizes: Vec<f64> = changes.iter().map(|change| change.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let most = sizes.get(sizes.len() / 2).map_or(0.0, |usual| CLIP * usual);
    changes.into_iter().map(|change| change.clamp(-most, most)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    /// A daily wave with noise; every `period` steps `height` more for two steps.
    fn load(steps: usize, day: usize, period: usize, height: f64) -> Vec<f64> {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(9);
        let value = |i: usize| {
            let wave = 200.0 + 100.0 * (std::f64::consts::TAU * (i % day) as f64 / day as f64).sin();
            let job = if i % period < 2 { height } else { 0.0 };
            (wave + job) * (0.95 + 0.1 * rng.random::<f64>())
        };
        (0..steps).map(value).collect()
    }

    #[test]
    fn jobs_at_any_interval_are_found_after_a_few_rounds() {
        for (day, period) in [(288, 6), (288, 12), (288, 24), (288, 10), (288, 84), (1_440, 30), (1_440, 60)]
        {
            let values = load(5 * period + 40, day, period, 800.0);
            assert_eq!(find(&values, day), Some(period), "every {period} steps");
        }
    }

    #[test]
    fn a_day_alone_or_noise_or_one_odd_hour_is_no_period() {
        for day in [24, 48, 288, 1_440] {
            assert_eq!(find(&load(4 * day, day, usize::MAX, 0.0), day), None, "{day} steps a day");
        }
        let mut odd = load(600, 288, usize::MAX, 0.0);
        odd[300..312].iter_mut().for_each(|v| *v = 50_000.0);
        odd[400] = 90_000.0;
        assert_eq!(find(&odd, 288), None);
        assert_eq!((find(&[], 288), find(&[5.0; 500], 288)), (None, None));
    }
}
