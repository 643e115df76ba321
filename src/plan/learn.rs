//! What one instance can serve, learned from what the group has served, and noticed when it changes.

use serde::{Deserialize, Serialize};

use crate::domain::{Seconds, Time, series::Series, shift};

/// Utilisations (percent) between which CPU says what capacity is: below, overhead drowns the load; above, the instance may
/// be saturated and serve less than was asked, so that capacity is at most what the reading says.
const IDLE: f64 = 15.0;
const SATURATED: f64 = 92.0;
/// Fewer readings than this say nothing.
const LEAST: usize = 20;
/// The readings in which a change is looked for, and the fewest that show one.
const RECENT: Seconds = 45 * 60;
const LEAST_RECENT: usize = 8;
/// The readings before, nearest in CPU, with which they are compared.
const SIMILAR: usize = 60;
/// The least change, as a share of what was served before; where readings vary more, three times their spread.
const LEAST_CHANGE: f64 = 0.15;
/// How long all readings are saturated before they count, and the share of what they say that is assumed to be served: how much
/// less it is they do not tell.
const SATURATED_FOR: Seconds = 15 * 60;
const ASSUMED: f64 = 0.8;
/// How long more is served before plans rely on it.
const TRUSTED_AFTER: Seconds = 3 * 3_600;

/// Load per step that one instance serves at 100 %, with its spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// The median reading.
    pub capacity: f64,
    /// Half the distance between the quartiles, as a share of the median.
    pub spread: f64,
    /// Readings used.
    pub readings: usize,
}

/// What one step says: load per step that one instance would serve at 100 %, and at which CPU (percent) it was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CapacityReading {
    /// Start of the step.
    pub time: Time,
    cpu: f64,
    serves: f64,
}

impl CapacityReading {
    fn is_saturated(&self) -> bool {
        self.cpu > SATURATED
    }
}

/// The middle one of `readings`, by what `of` says.
fn median(readings: &[CapacityReading], of: fn(&CapacityReading) -> f64) -> Option<f64> {
    let mut values: Vec<f64> = readings.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What is assumed that an instance serves where the newest of `readings` are all saturated.
pub fn while_saturated(readings: &[CapacityReading]) -> Option<f64> {
    let newest = newest(readings, SATURATED_FOR)?;
    let all = newest.len() >= LEAST_RECENT && newest.iter().all(CapacityReading::is_saturated);
    all.then(|| median(newest, |reading| reading.serves)).flatten().map(|most| ASSUMED * most)
}

/// Those of the newest `seconds`.
fn newest(readings: &[CapacityReading], seconds: Seconds) -> Option<&[CapacityReading]> {
    let since = shift(readings.last()?.time, -seconds);
    Some(&readings[readings.partition_point(|reading| reading.time <= since)..])
}

/// Readings from series of one step, the oldest first: load per step, CPU in percent, instances in service. Each is
/// `load / (instances × CPU / 100)`; steps that are idle or unknown have none.
pub fn readings(load: &Series, cpu: &Series, in_service: &Series) -> Vec<CapacityReading> {
    let reading = |(time, load): (Time, Option<f64>)| {
        let cpu = cpu.at(time).filter(|c| *c >= IDLE)?;
        let instances = in_service.at(time).filter(|n| *n >= 0.5)?;
        let serves = load? / (instances * cpu / 100.0);
        (serves.is_finite() && serves > 0.0).then_some(CapacityReading { time, cpu, serves })
    };
    load.iter().filter_map(reading).collect()
}

/// The median of `readings`, which resists the steps in which a launch or an odd batch job spoils the ratio; `None` of
/// fewer than 20 that are not saturated.
pub fn capacity(readings: &[CapacityReading]) -> Option<Learned> {
    let mut values: Vec<f64> = readings.iter().filter(|r| !r.is_saturated()).map(|r| r.serves).collect();
    if values.len() < LEAST {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
    let median = at(0.5);
    Some(Learned { capacity: median, spread: (at(0.75) - at(0.25)) / (2.0 * median), readings: values.len() })
}

/// What one instance serves has changed: after a release, or with instances of another type.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CapacityChange {
    /// First step of the readings that show it.
    pub since: Time,
    /// Load per step of the readings that one instance served at 100 % before, at similar CPU.
    pub before: f64,
    /// The same since.
    pub after: f64,
}

impl CapacityChange {
    /// The change that the newest of `readings` show against those before: a quarter of an hour of them that are saturated at
    /// less than was served, or three quarters of an hour of others.
    pub fn find(readings: &[CapacityReading]) -> Option<CapacityChange> {
        let saturated = while_saturated(readings).and_then(|after| {
            let recent = newest(readings, SATURATED_FOR)?;
            let change = CapacityChange::between(readings, recent, recent.first()?.time, after)?;
            (after < ASSUMED * change.before).then_some(change)
        });
        saturated.or_else(|| {
            let recent = newest(readings, RECENT)?;
            let telling: Vec<CapacityReading> =
                recent.iter().filter(|r| !r.is_saturated()).copied().collect();
            let after = median(&telling, |reading| reading.serves)?;
            // A step that moves the median lies in the first half: what follows is all of the new kind.
            let since = recent[recent.len() / 2].time;
            (telling.len() >= LEAST_RECENT)
                .then(|| CapacityChange::between(readings, recent, since, after))
                .flatten()
        })
    }

    /// The change to `after` that the `recent` of `readings` show from `since` on, if it is large enough.
    ///
    /// Compared are readings at similar CPU: an instance that is nearly idle works for itself as well, so that it seems to
    /// serve less.
    fn between(
        readings: &[CapacityReading],
        recent: &[CapacityReading],
        since: Time,
        after: f64,
    ) -> Option<CapacityChange> {
        let cpu = median(recent, |reading| reading.cpu)?;
        let older = &readings[..readings.len() - recent.len()];
        let mut similar: Vec<CapacityReading> = older.iter().filter(|r| !r.is_saturated()).copied().collect();
        similar.sort_by(|a, b| (a.cpu - cpu).abs().total_cmp(&(b.cpu - cpu).abs()));
        similar.truncate(SIMILAR);
        let Learned { capacity: before, spread, .. } = capacity(&similar)?;
        let change = (after / before - 1.0).abs();
        (change > LEAST_CHANGE.max(3.0 * spread)).then_some(CapacityChange { since, before, after })
    }

    /// Whether more is served now than before.
    pub fn is_rise(&self) -> bool {
        self.after > self.before
    }

    /// Whether it is a rise, and not yet for long enough to rely on it at `now`: requests that fail at once
    /// cost no CPU either.
    pub fn is_waiting(&self, now: Time) -> bool {
        self.is_rise() && now < self.trusted()
    }

    /// When a rise is relied on.
    pub fn trusted(&self) -> Time {
        shift(self.since, TRUSTED_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn the_median_resists_odd_steps() {
        let mut load = Series::new(at_epoch(0), 300);
        let (mut cpu, mut n) = (load.clone(), load.clone());
        for i in 0..100 {
            let (instances, used) = (2.0 + f64::from(i % 3), 30.0 + f64::from(i % 40));
            load.push(Some(50.0 * instances * used / 100.0));
            cpu.push(Some(if i % 10 == 0 { 90.0 } else { used }));
            n.push((i % 7 != 0).then_some(instances));
        }
        let learned = capacity(&readings(&load, &cpu, &n)).expect("readings enough");
        assert!((learned.capacity - 50.0).abs() < 1e-9, "{learned:?}");
        assert!(learned.readings < 100);
    }

    #[test]
    fn idle_or_saturated_instances_are_not_learned_from() {
        let series = |v: f64| Series::from_values(at_epoch(0), 300, (0..100).map(|_| Some(v)));
        assert_eq!(readings(&series(10.0), &series(3.0), &series(1.0)), []);
        assert_eq!(capacity(&readings(&series(10.0), &series(100.0), &series(1.0))), None);
    }

    /// A day of minutes, in which an instance serves `serves` and works 4 % of its time for itself.
    fn day(serves: impl Fn(usize) -> f64) -> Vec<CapacityReading> {
        let reading = |minute: usize| {
            let busy = 35.0 - 20.0 * (std::f64::consts::TAU * minute as f64 / 1_440.0).cos();
            let noise = 1.0 + 0.02 * ((minute * 37 % 11) as f64 / 5.0 - 1.0);
            let cpu = busy + 4.0;
            let load = noise * serves(minute) * busy / 100.0;
            CapacityReading { time: at_epoch(60 * minute as i64), cpu, serves: load / (cpu / 100.0) }
        };
        (0..1_440).map(reading).collect()
    }

    #[test]
    fn a_release_that_needs_more_is_noticed_within_the_hour_and_a_quiet_night_is_none() {
        let usual = day(|_| 50.0);
        let alarms = (60..1_440).filter(|now| CapacityChange::find(&usual[..*now]).is_some()).count();
        assert_eq!(alarms, 0, "what idle instances do for themselves is no change");
        let fallen = day(|minute| if minute < 900 { 50.0 } else { 35.0 });
        let seen = (901..1_440).find(|now| CapacityChange::find(&fallen[..*now]).is_some()).expect("noticed");
        assert!(seen <= 930, "after {} minutes", seen - 900);
        let change = CapacityChange::find(&fallen[..945]).expect("still there");
        assert!((change.after / change.before - 0.7).abs() < 0.03, "{change:?}");
        assert!(!change.is_waiting(at_epoch(60 * 945)), "a fall counts at once");
    }

    #[test]
    fn a_release_that_saturates_cpu_is_noticed_in_a_quarter_of_an_hour() {
        let mut readings = day(|_| 50.0);
        for reading in &mut readings[900..] {
            (reading.cpu, reading.serves) = (100.0, 42.0);
        }
        assert_eq!(CapacityChange::find(&readings[..910]), None);
        let change = CapacityChange::find(&readings[..916]).expect("capacity is 42 at the most");
        assert!((change.after - 0.8 * 42.0).abs() < 1e-9 && change.since == at_epoch(54_060), "{change:?}");
        let mut busy = day(|_| 50.0);
        busy[900..].iter_mut().for_each(|reading| (reading.cpu, reading.serves) = (97.0, 49.0));
        assert_eq!(CapacityChange::find(&busy[..930]), None, "busy with what it can serve");
    }

    #[test]
    fn a_rise_waits_for_three_hours() {
        let risen = day(|minute| if minute < 900 { 50.0 } else { 75.0 });
        let change = CapacityChange::find(&risen[..945]).expect("half as much again");
        assert!(
            change.is_waiting(at_epoch(60 * 1_000)) && !change.is_waiting(at_epoch(60 * 1_110)),
            "{change:?}"
        );
        assert_eq!(CapacityChange::find(&risen[..300]), None);
        assert_eq!(CapacityChange::find(&[]), None);
    }
}
