//! When nothing published means zero.
//!
//! A load balancer publishes no point for a minute without a request, as many counters do. The same silence is seen where
//! points are merely late, or lost. So silence is counted as zero only where all of this holds: points come no later than
//! [`LATE`]; the same account has published CPU (and instances in service, where it publishes them) of the same minute; and the
//! work done in it is not that of a group under load. Everything else stays a gap.

use crate::domain::{Seconds, Time, floor_to, series::Series, shift};

/// Seconds after its end from which a period without a point counts as silent. Load balancers and EC2 publish within three
/// minutes.
pub const LATE: Seconds = 300;
/// Seconds between two points of EC2's basic monitoring.
const SLOW: Seconds = 300;
/// Share of the work under load from which a silent period is not believed.
const BUSY: f64 = 0.5;
/// The load that is high: its quantile. Periods with half of it or more are those under load.
const HIGH: f64 = 0.9;

/// What other metrics say of the periods in which a counter is silent.
#[derive(Debug, Clone, Copy)]
pub struct Witness<'a> {
    /// CPU in percent.
    pub cpu: &'a Series,
    /// Instances in service, where the group publishes them.
    pub in_service: Option<&'a Series>,
}

impl Witness<'_> {
    /// CPU × instances in service during the `seconds` from `time`; `None` where not both have been published. A group
    /// without an instance in service does no work and has no CPU.
    fn work(&self, time: Time, seconds: Seconds) -> Option<f64> {
        let instances = match self.in_service {
            Some(series) => published(series, time, seconds)?,
            None => 1.0,
        };
        if instances <= 0.0 {
            return Some(0.0);
        }
        Some(published(self.cpu, time, seconds)? / 100.0 * instances)
    }

    /// The first moment of which nothing is said.
    fn until(&self) -> Time {
        let known = self.in_service.map_or(self.cpu.known_until(), Series::known_until);
        shift(known.max(self.cpu.known_until()), SLOW)
    }

    /// Work at which a silent period is not believed, from the periods of `load` with a high load; `None` where there are
    /// none.
    pub fn busy(&self, load: &Series) -> Option<f64> {
        let mut known: Vec<f64> = load.known().filter(|value| *value > 0.0).collect();
        known.sort_by(f64::total_cmp);
        let high = *known.get((known.len().saturating_sub(1) as f64 * HIGH) as usize)?;
        let under_load = load.iter().filter(|(_, value)| value.is_some_and(|value| value >= 0.5 * high));
        let mut work: Vec<f64> =
            under_load.filter_map(|(time, _)| self.work(time, load.step())).filter(|w| *w > 0.0).collect();
        work.sort_by(f64::total_cmp);
        work.get(work.len() / 2).map(|median| BUSY * median)
    }
}

/// What was published of the `seconds` from `time`: the mean of the points that speak of it, which may be those of basic
/// monitoring.
fn published(series: &Series, time: Time, seconds: Seconds) -> Option<f64> {
    if let Some(value) = series.at(time) {
        return Some(value);
    }
    let from = floor_to(time, SLOW);
    let points = series.between(from, shift(from, SLOW.max(seconds)));
    let (sum, count) = points.known().fold((0.0, 0u32), |(sum, n), value| (sum + value, n + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// What became of the silent periods of a counter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silence {
    /// Periods that are zero from now on.
    pub zeros: usize,
    /// Periods that were not believed: as much work was done as under load.
    pub busy: usize,
}

/// Puts zero on the silent periods of `counter`, which is published `every` so many seconds, that start at or after `from` and
/// ended [`LATE`] before `now`. With `busy`, only where less work than that was done.
pub fn fill(
    counter: &mut Series,
    every: Seconds,
    witness: Witness<'_>,
    (from, now): (Time, Time),
    busy: Option<f64>,
) -> Silence {
    let (step, mut silence) = (counter.step(), Silence::default());
    let first = counter.index_of(shift(from, step - 1)).unwrap_or(0);
    for index in first.. {
        let time = counter.time_of(index);
        if shift(time, step + LATE) > now || time >= witness.until() {
            break;
        }
        let spoken = |series: &Series| {
            let start = floor_to(time, every);
            let cut = start < series.start();
            every > step
                && (cut || series.between(start, shift(start, every)).known().any(|value| value > 0.0))
        };
        if counter.get(index).is_some() || spoken(counter) {
            continue;
        }
        match witness.work(time, step) {
            None => {}
            Some(work) if busy.is_some_and(|busy| work >= busy) => silence.busy += 1,
            Some(_) => silence.zeros += usize::from(counter.insert(time, 0.0)),
        }
    }
    silence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;
    use proptest::prelude::*;

    /// A value a minute from the epoch on.
    fn minutes(values: impl IntoIterator<Item = Option<f64>>) -> Series {
        Series::from_values(at_epoch(0), 60, values)
    }

    fn cpu(load: f64, idle: f64, busy_until: usize, len: usize) -> Series {
        minutes((0..len).map(|m| Some(if m < busy_until { load } else { idle })))
    }

    /// A minute of silence after 30 with load, as seen at minute `now`.
    fn silent(cpu: &Series, in_service: Option<&Series>, now: i64) -> (Vec<Option<f64>>, Silence) {
        let mut counter = minutes((0..30).map(|_| Some(800.0)));
        let witness = Witness { cpu, in_service };
        let busy = witness.busy(&counter);
        let silence = fill(&mut counter, 60, witness, (at_epoch(0), at_epoch(60 * now)), busy);
        (counter.iter().skip(30).map(|(_, v)| v).collect(), silence)
    }

    #[test]
    fn silence_is_zero_once_points_cannot_be_late_any_more() {
        let cpu = cpu(60.0, 1.0, 30, 60);
        assert_eq!(silent(&cpu, None, 35).0, [], "minute 30 ended four minutes ago");
        assert_eq!(silent(&cpu, None, 36).0, [Some(0.0)]);
        assert_eq!(silent(&cpu, None, 40), (vec![Some(0.0); 5], Silence { zeros: 5, busy: 0 }));
    }

    #[test]
    fn silence_of_everything_is_a_gap() {
        assert_eq!(
            silent(&cpu(60.0, 1.0, 30, 33), None, 60).1.zeros,
            5,
            "CPU of its five minutes was published"
        );
        let all = cpu(60.0, 1.0, 30, 30);
        assert_eq!(silent(&all, None, 90).0, []);
        let instances = minutes((0..30).map(|_| Some(11.0)));
        assert_eq!(silent(&cpu(60.0, 1.0, 30, 90), Some(&instances), 90).0, [], "instances are not known");
    }

    #[test]
    fn silence_under_load_is_not_believed() {
        let (instances, idle) = (minutes((0..60).map(|_| Some(11.0))), minutes((0..60).map(|_| Some(0.0))));
        let (values, silence) = silent(&cpu(60.0, 58.0, 30, 60), Some(&instances), 46);
        assert_eq!((values, silence), (vec![], Silence { zeros: 0, busy: 11 }));
        assert_eq!(silent(&cpu(60.0, 12.0, 30, 60), Some(&instances), 46).1.zeros, 11, "what runs by itself");
        assert_eq!(silent(&minutes([]), Some(&idle), 46).1.zeros, 11, "nothing is in service");
    }

    #[test]
    fn basic_monitoring_speaks_of_five_minutes() {
        let cpu = minutes((0..60).map(|m| (m % 5 == 0).then_some(if m < 30 { 60.0 } else { 1.0 })));
        assert_eq!(silent(&cpu, None, 50).1.zeros, 15);
    }

    #[test]
    fn a_counter_of_every_five_minutes_is_silent_only_where_five_minutes_are() {
        let mut counter = minutes((0..31).map(|m| (m % 5 == 0).then_some(4_000.0)));
        let cpu = cpu(60.0, 1.0, 31, 60);
        let witness = Witness { cpu: &cpu, in_service: None };
        fill(&mut counter, 300, witness, (at_epoch(0), at_epoch(60 * 50)), None);
        assert_eq!(counter.known().filter(|v| *v == 0.0).count(), 10, "minutes 35 to 44");
        assert_eq!((counter.get(34), counter.get(35)), (None, Some(0.0)));
    }

    proptest! {
        #[test]
        fn what_was_published_stays_and_nothing_young_or_unwitnessed_is_filled(
            counted in prop::collection::vec(prop::option::of(1.0..1e6f64), 1..120),
            seen in prop::collection::vec(prop::option::of(0.0..100.0f64), 0..120),
            now in 0i64..9_000, from in 0i64..4_000,
        ) {
            let (before, cpu) = (minutes(counted), minutes(seen));
            let mut after = before.clone();
            let witness = Witness { cpu: &cpu, in_service: None };
            fill(&mut after, 60, witness, (at_epoch(from), at_epoch(now)), None);
            for (time, value) in after.iter() {
                match before.at(time) {
                    Some(published) => prop_assert_eq!(value, Some(published)),
                    None if value.is_some() => {
                        prop_assert!(time >= at_epoch(from) && shift(time, 60 + LATE) <= at_epoch(now));
                        let bucket = floor_to(time, 300);
                        prop_assert!(cpu.between(bucket, shift(bucket, 300)).known().count() > 0);
                    }
                    None => {}
                }
            }
        }
    }
}
