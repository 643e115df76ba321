//! When a step of demand is settled, and what becomes of steps that change after that.
//!
//! CloudWatch gives of a period what has been published by now. So a step is settled when all its points are there and so old
//! that they do not change any more, which is measured for each metric
//! ([`Publication`](crate::domain::publication::Publication)); a step of which points stay missing is settled as far as it
//! is known, when they cannot be expected any more. Settled steps are asked for again for a while: what changes nevertheless
//! is corrected. What is settled is the load of the step's busiest minute, or the mean of its minutes ([`StepLoad`]).

use super::{ready::Ready, runtime::GroupRuntime, training_data::is_excluded, unusual::SetAside};
use crate::{
    domain::{
        Seconds, Time, event::Event, journal::JournalKind, metric::Metric, publication::is_same,
        series::Series, shift,
    },
    engine::{observe::collect::ASK_AGAIN, options::StepLoad},
};

/// Seconds for which a gap is asked for again: after trouble CloudWatch fills older periods last.
const GAPS: Seconds = 6 * 3_600;
/// Relative change from which a correction is said.
const TOLD: f64 = 0.05;
/// Of a sum so much more than its known points have is from points that are not known.
const MORE: f64 = 1.02;
/// Steps of which all minutes are known, from which on they tell how far the busiest one is above the mean.
const ENOUGH_STEPS: usize = 36;

/// A step that was settled, and has changed.
struct Correction {
    step: Time,
    before: Option<f64>,
    value: f64,
}

/// A step as it is known so far.
struct StepReading {
    /// Its value. Of a sum of which points are missing it is what the known ones come to for all of the step, and a gap
    /// where less than half are known.
    value: Option<f64>,
    /// All its points are there.
    whole: bool,
    /// When what its points speak of has ended.
    ends: Time,
}

impl GroupRuntime {
    /// Seconds for which the periods of `metric` are asked for again after they were known.
    pub(in crate::engine) fn asked_again(&self, metric: Metric) -> Seconds {
        let interval = self.interval(metric).map_or(60, |interval| interval.seconds);
        ASK_AGAIN.max(2 * interval).max(2 * self.complete_after(metric))
    }

    /// First step of demand to ask for: steps that may still change, and recent gaps, besides those not settled.
    pub(in crate::engine) fn ask_demand_from(&self) -> Time {
        let (learned, step) = (self.forecasters.known_until(), self.options.step);
        let again = self.asked_again(self.options.demand.metric());
        let again = shift(learned, -(again + step - 1) / step * step);
        let recent = self.demand.between(shift(learned, -GAPS), learned);
        let gap = recent.iter().find(|(_, value)| value.is_none()).map_or(again, |(time, _)| time);
        gap.min(again).max(self.demand.start())
    }

    /// Takes settled steps of `fresh` over, corrects those that have changed, and returns the first step that is not settled,
    /// with the first that has changed.
    pub(super) fn settle(
        &mut self,
        fresh: &Series,
        events: &[Event],
        now: Time,
        ready: &mut Ready,
    ) -> (Time, Option<Time>) {
        let (learned, length) = (self.forecasters.known_until(), self.options.step);
        let fresh = &self.with_peaks_in_the_past(fresh);
        let mut corrections = Vec::new();
        for (step, _) in fresh.iter().take_while(|(step, _)| *step < learned) {
            let before = self.demand.at(step);
            let value = self.settled(fresh, step, now).flatten().filter(|value| !is_same(before, *value));
            if let Some(value) = value.filter(|value| self.demand.insert(step, *value)) {
                corrections.push(Correction { step, before, value });
            }
        }
        let mut until = learned;
        while let Some(value) = self.settled(fresh, until, now) {
            if let Some(value) = value {
                self.demand.insert(until, value);
            }
            until = shift(until, length);
        }
        self.correct(&corrections, events, now, ready);
        (until, corrections.first().map(|correction| correction.step))
    }

    /// What is known at `now` of the step that starts at `step`, its value or a gap; `None` while that may change.
    fn settled(&self, fresh: &Series, step: Time, now: Time) -> Option<Option<f64>> {
        let reading = self.read_step(fresh, step);
        let complete = self.demand_complete_after();
        if reading.whole && shift(reading.ends, complete) <= now {
            return Some(reading.value);
        }
        let given_up = self.options.late.max(2 * complete);
        (shift(reading.ends, given_up) <= now).then_some(reading.value)
    }

    /// A step by its minutes, where they are known and say more than their mean; else as it was read.
    fn read_step(&self, fresh: &Series, step: Time) -> StepReading {
        let read = self.read_whole(fresh, step);
        let Some((loads, ends)) = self.minutes_of(step) else { return read };
        let is_shared_out = self.demand_interval().seconds > 60;
        let whole = loads.len() == self.minutes_in_a_step();
        let enough = 2 * loads.len() >= self.minutes_in_a_step();
        let value = match self.options.step_load {
            // The read may count points that the minutes do not show yet.
            StepLoad::Peak => {
                let read = read.value.filter(|_| !is_shared_out && !whole);
                let peak = loads.into_iter().reduce(f64::max).filter(|_| enough);
                peak.into_iter().chain(read).reduce(f64::max)
            }
            StepLoad::Mean if is_shared_out => {
                enough.then(|| loads.iter().sum::<f64>() / loads.len().max(1) as f64)
            }
            StepLoad::Mean => return read,
        };
        StepReading { value, whole, ends }
    }

    /// The known minutes of a step, as load per step, and the end of what they speak of; `None` where minutes do not reach back
    /// so far, or a point says nothing of a minute. Points of a sum that speak of several minutes are shared out: they need not
    /// lie on the grid of steps.
    fn minutes_of(&self, step: Time) -> Option<(Vec<f64>, Time)> {
        let (demand, interval) = (&self.options.demand, self.demand_interval());
        let minutes = self.minute(demand.metric())?;
        let (before, until) = (shift(step, 60 - interval.seconds), shift(step, self.options.step));
        if (interval.seconds > 60 && !demand.adds_up()) || before < minutes.start() {
            return None;
        }
        let newest = minutes.between(before, until).last_known();
        let ends = newest.map_or(until, |(time, _)| until.max(shift(time, interval.seconds)));
        Some((self.loads_within(step), ends))
    }

    /// `fresh`, with the steps that are older than all minutes raised from the mean of their minutes to their busiest one, as
    /// far above it as in the steps of which the minutes are known.
    fn with_peaks_in_the_past(&self, fresh: &Series) -> Series {
        let minutes = self.minute(self.options.demand.metric());
        let minutes = minutes.filter(|minutes| fresh.start() < minutes.start());
        let Some(minutes) = minutes.filter(|_| self.options.step_load == StepLoad::Peak) else {
            return fresh.clone();
        };
        let ratio = self.peak_over_mean(fresh);
        let is_past = |step: &Time| *step < minutes.start();
        let raised = fresh
            .iter()
            .map(|(step, mean)| mean.map(|mean| if is_past(&step) { ratio * mean } else { mean }));
        Series::from_values(fresh.start(), fresh.step(), raised)
    }

    /// By how much the busiest minute of a step is above its mean, over the steps of `fresh` of which all minutes are known; 1
    /// while they are few.
    fn peak_over_mean(&self, fresh: &Series) -> f64 {
        let known = fresh
            .iter()
            .map(|(step, _)| self.loads_within(step))
            .filter(|loads| loads.len() == self.minutes_in_a_step());
        let (mut steps, mut peaks, mut means) = (0, 0.0, 0.0);
        for loads in known {
            steps += 1;
            peaks += loads.iter().copied().fold(0.0, f64::max);
            means += loads.iter().sum::<f64>() / loads.len() as f64;
        }
        if steps >= ENOUGH_STEPS && means > 0.0 { peaks / means } else { 1.0 }
    }

    fn minutes_in_a_step(&self) -> usize {
        usize::try_from(self.options.step / 60).unwrap_or(1)
    }

    /// The load of each minute of a step that is known, as load per step.
    fn loads_within(&self, step: Time) -> Vec<f64> {
        (0..self.options.step / 60).filter_map(|minute| self.load_at(shift(step, 60 * minute))).collect()
    }

    /// A step as it was read: the mean of its minutes.
    fn read_whole(&self, fresh: &Series, step: Time) -> StepReading {
        let (demand, interval) = (&self.options.demand, self.demand_interval());
        let value = interval.value_at(fresh, step, demand.adds_up());
        let (known, wanted, sum) = self.points_of(step);
        let whole = value.is_some() && known >= wanted;
        // Points that speak of more than a step may start with it.
        let ends = shift(step, self.options.step.max(interval.seconds));
        let is_part = |value: f64| demand.adds_up() && known > 0 && value <= MORE * sum;
        let value = match value.filter(|value| !whole && is_part(*value)) {
            Some(value) => (2 * known >= wanted).then(|| value * wanted as f64 / known as f64),
            None => value,
        };
        StepReading { value, whole, ends }
    }

    /// Points of a step that are known, those that there must be, and what the known ones add up to. Steps older than all
    /// minutes are history, and whole.
    fn points_of(&self, step: Time) -> (usize, usize, f64) {
        let Some(minutes) = self.minute(self.options.demand.metric()).filter(|m| m.start() <= step) else {
            return (0, 0, 0.0);
        };
        let points = minutes.between(step, shift(step, self.options.step));
        let (count, sum) = points.known().fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
        (count, self.demand_interval().points_in(self.options.step), sum)
    }

    /// Corrects what the forecasters have learned, and says so where it is much. A correction to far more than was ever seen is
    /// not believed.
    fn correct(&mut self, corrections: &[Correction], events: &[Event], now: Time, ready: &mut Ready) {
        let unseen = |c: &Correction| {
            let seen = self.seen_below(c.value)?;
            Some(SetAside { step: c.step, load: c.value, seen })
        };
        let set_aside: Vec<SetAside> = corrections.iter().filter_map(unseen).collect();
        self.say_set_aside(&set_aside, now, ready);
        let excluded = &self.memory.excluded;
        let learned: Vec<(Time, f64)> = corrections
            .iter()
            .filter(|c| !is_excluded(excluded, c.step, events))
            .filter(|c| !set_aside.iter().any(|reading| reading.step == c.step))
            .map(|c| (c.step, c.value))
            .collect();
        self.forecasters.correct(&learned, events);
        let much =
            |c: &&Correction| c.before.is_none_or(|before| (c.value - before).abs() > TOLD * before.abs());
        let told: Vec<&Correction> = corrections.iter().filter(much).collect();
        let (Some(first), Some(last)) = (told.first(), told.last()) else { return };
        let missing = told.iter().filter(|correction| correction.before.is_none()).count();
        let changed = told.iter().filter_map(|c| Some((c.before?, c.value)));
        let most = changed.max_by(|(a, b), (c, d)| (b - a).abs().total_cmp(&(d - c).abs()));
        let mut parts = Vec::new();
        if missing > 0 {
            parts.push(format!("{missing} were missing"));
        }
        if let Some((before, after)) = most {
            parts.push(format!("the largest change is {before:.0} → {after:.0} a step"));
        }
        let text = format!(
            "points arrived late: {}{} of demand from {} to {} corrected; {}",
            told.len(),
            if told.len() == 1 { " step" } else { " steps" },
            first.step.format("%d %b %H:%M"),
            shift(last.step, self.options.step).format("%H:%M UTC"),
            parts.join("; ")
        );
        ready.note(JournalKind::Demand, text);
    }
}
