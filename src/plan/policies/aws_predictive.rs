//! AWS predictive scaling beside target tracking: a floor for each hour, made of the same hours of earlier days.
//!
//! AWS forecasts hourly load for 48 hours from up to 14 days of history, renews that every six hours, and launches ahead of
//! the hour; it never scales in (Amazon EC2 Auto Scaling User Guide, "How predictive scaling works"). Its model is not
//! published. Here an hour is the mean of the same hour of 14 days, the same day of the week counting three times.
//! `SchedulingBufferTime` and `MaxCapacityBreachBehavior` are at their defaults (API Reference,
//! `PredictiveScalingConfiguration`): five minutes, and `HonorMaxCapacity`. The other behaviour would raise MaxSize for good.

use super::{PlanContext, PolicyRule, held, target_tracking};
use crate::domain::{
    Seconds, Time, floor_to,
    plan::{Plan, instances_for},
    series::Series,
    shift,
};

/// What the list of policies says of it.
pub const RULE: PolicyRule = PolicyRule { name: "aws-predictive", forecasts: false, hold: |_| 0, plan };

/// Seconds between two forecasts.
const EVERY: Seconds = 6 * 3_600;
/// Days looked back.
const DAYS: i64 = 14;
/// How much more the same day of the week counts than another one.
const SAME_WEEKDAY: f64 = 3.0;
/// Instances are launched this long before they have to serve (`SchedulingBufferTime`).
const BUFFER: Seconds = 300;

/// The larger of target tracking's need and what the forecast's hours ask for.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let need = target_tracking::need(context)?;
    let made = floor_to(context.now, EVERY);
    let (capacity, target) = (context.capacity?, context.settings.tracking_target);
    let hours = hours(context.now, context.lead);
    let load = hours.iter().filter_map(|hour| hourly(context.history, made, *hour)).reduce(f64::max);
    let floor = load.and_then(|load| instances_for(load, capacity, target));
    let floor = floor.map(|floor| floor.min(context.group.max));
    let Some((floor, load)) = floor.zip(load).filter(|(floor, _)| *floor > need) else {
        return Some(held(context, need, target_tracking::reason(context)?));
    };
    let reason = format!("load at this hour was {load:.0} on previous days; that needs {floor}");
    Some(held(context, floor, reason))
}

/// The hours that a plan at `now` looks at: this one, and that in which an instance ordered now serves.
fn hours(now: Time, lead: Seconds) -> [Time; 2] {
    [0, lead + BUFFER].map(|ahead| floor_to(shift(now, ahead), 3_600))
}

/// The part of `history` that says the same of these hours: for each the newest day that was known, with the mean of all.
pub fn remembered(history: &Series, now: Time, lead: Seconds) -> Vec<(Time, f64)> {
    let made = floor_to(now, EVERY);
    let newest =
        |hour: Time| (1..).map(|back| shift(hour, -86_400 * back)).find(|begin| shift(*begin, 3_600) <= made);
    let of = |hour: &Time| Some((newest(*hour)?, hourly(history, made, *hour)?));
    hours(now, lead).iter().filter_map(of).collect()
}

/// Mean load per step of the hour that begins at `hour`, of what was known at `made`; `None` without a day of history.
fn hourly(history: &Series, made: Time, hour: Time) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    let known = (1..).map(|back| (back, shift(hour, -86_400 * back)));
    for (back, begin) in known.skip_while(|(_, begin)| shift(*begin, 3_600) > made).take(DAYS as usize) {
        let weight = if back % 7 == 0 { SAME_WEEKDAY } else { 1.0 };
        if let Some(mean) = mean(&history.between(begin, shift(begin, 3_600.max(history.step())))) {
            sum += weight * mean;
            weights += weight;
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

/// Mean of the values that are known.
fn mean(series: &Series) -> Option<f64> {
    let (count, sum) = series.known().fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::at_epoch,
        plan::{
            Policy,
            fixture::{Scene, group},
        },
    };

    /// Hourly load from the epoch, a Thursday at midnight: 100, but 700 from 9 to 10 o'clock.
    fn history(hours: usize) -> Series {
        let load = |hour: usize| if hour % 24 == 9 { 700.0 } else { 100.0 };
        Series::from_values(at_epoch(0), 3_600, (0..hours).map(|h| Some(load(h))))
    }

    fn want(days: usize, hour: i64, minute: i64) -> u32 {
        let now = at_epoch(86_400 * days as i64 + 3_600 * hour + 60 * minute);
        let history = history(24 * days);
        let scene =
            Scene { policy: Policy::AwsPredictive, load: 100.0, now, history, ..Scene::of(group(2, 2)) };
        scene.plan().want
    }

    #[test]
    fn predictive_scaling_adds_capacity_before_the_hour_begins() {
        assert_eq!([want(8, 8, 40), want(8, 8, 55), want(8, 9, 30), want(8, 10, 0)], [2, 14, 14, 2]);
        assert_eq!(want(0, 9, 0), 2, "without history it is target tracking");
    }

    #[test]
    fn a_forecast_uses_nothing_later_than_its_origin() {
        let (made, hour) = (at_epoch(86_400 * 3), at_epoch(86_400 * 4 + 9 * 3_600));
        let mut poisoned = history(24 * 3);
        poisoned.extend((0..48).map(|_| Some(1e9)));
        assert_eq!(hourly(&poisoned, made, hour), Some(700.0));
    }

    #[test]
    fn the_same_day_of_the_week_counts_more() {
        let days = Series::from_values(
            at_epoch(0),
            86_400,
            (0..8).map(|d| Some(if d == 1 { 500.0 } else { 100.0 })),
        );
        let (made, hour) = (at_epoch(86_400 * 8), at_epoch(86_400 * 8));
        let said = hourly(&days, made, hour).expect("eight days are known");
        assert!((said - (3.0 * 500.0 + 7.0 * 100.0) / 10.0).abs() < 1e-9, "{said}");
    }
}
