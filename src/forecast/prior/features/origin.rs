//! What the features of all steps ahead have in common.

use super::SeenRoots;

/// Samples of the last day that sizes of changes are taken from, at the most.
const SAMPLES: usize = 288;
/// Least change between two steps, as a share of the root of the mean load.
const LEAST_CHANGE: f32 = 0.001;
/// The same over a time ahead.
const LEAST_UNIT: f32 = 0.002;
/// How much the prior guess of a unit weighs, in samples.
const GUESS: f32 = 3.0;
/// Distances between changes whose correlation is measured.
pub(super) const LAGS: usize = 4;
/// Steps beyond a day of which values and sums are at hand.
const BEYOND: usize = 128;

/// Load that has been seen, with what every step ahead needs of it.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    pub(super) seen: SeenRoots<'a>,
    /// The newest steps, gaps filled with the value before.
    pub(super) filled: Vec<f32>,
    /// Sums of what is known before each of those steps, and how many are known.
    sums: Vec<(f64, u32)>,
    /// Mean of the newest three steps.
    pub(super) reference: f32,
    /// Root of the mean load of the last day.
    pub(super) level: f32,
    /// The mean load of the last day as a share of that of the last week.
    pub(super) of_week: f32,
    /// Mean change between steps during the last day.
    pub(super) step_change: f32,
    /// Of the last day: root of the mean square of changes, share of steps that are known, share of those that are zero.
    pub(super) rough_change: f32,
    pub(super) available: f32,
    pub(super) zeros: f32,
    /// Spread of the roots of load during the last day.
    pub(super) spread: f32,
    /// How changes between steps follow each other.
    pub(super) correlations: [f32; LAGS],
}

/// How large changes over a time ahead are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changes {
    /// Usual change, with a guess for a young load.
    pub unit: f32,
    /// Mean of the positive parts.
    pub upwards: f32,
}

impl<'a> Origin<'a> {
    /// What is known after `seen`; nothing while no load has been seen.
    pub fn new(seen: SeenRoots<'a>) -> Option<Origin<'a>> {
        let (roots, day) = (seen.roots, seen.day);
        let newest = &roots[roots.len().saturating_sub(day + BEYOND)..];
        let (mut last, mut sum, mut count) = (f32::NAN, 0.0f64, 0u32);
        let (mut filled, mut sums) = (Vec::with_capacity(newest.len()), vec![(0.0, 0)]);
        for root in newest {
            if !root.is_nan() {
                last = *root;
                sum += f64::from(*root);
                count += 1;
            }
            filled.push(last);
            sums.push((sum, count));
        }
        let mut origin = Origin {
            seen,
            filled,
            sums,
            reference: f32::NAN,
            level: 0.0,
            of_week: 1.0,
            step_change: 0.0,
            rough_change: 0.0,
            available: 0.0,
            zeros: 0.0,
            spread: 0.0,
            correlations: [0.0; LAGS],
        };
        origin.reference = origin.mean(0, 3);
        if origin.reference.is_nan() {
            origin.reference = origin.filled(0);
        }
        (origin.measure_level() && !origin.reference.is_nan()).then(|| {
            origin.measure_changes();
            origin.correlations = origin.measure_correlations();
            origin
        })
    }

    /// The root of load `back` steps before the newest one; not a number for a gap or where nothing is kept.
    pub(super) fn at(&self, back: usize) -> f32 {
        let place = self.seen.roots.len().checked_sub(back + 1);
        place.map_or(f32::NAN, |place| self.seen.roots[place])
    }

    /// The same, gaps filled with the value before; within a day and a little more.
    pub(super) fn filled(&self, back: usize) -> f32 {
        let place = self.filled.len().checked_sub(back + 1);
        place.map_or(f32::NAN, |place| self.filled[place])
    }

    /// Mean of the roots that are known among `count` steps of which the newest lies `back` steps back.
    pub(super) fn mean(&self, back: usize, count: usize) -> f32 {
        if back + count < self.sums.len() {
            let until = self.sums.len() - 1 - back;
            let ((high, n), (low, before)) = (self.sums[until], self.sums[until - count]);
            return if n > before { ((high - low) / f64::from(n - before)) as f32 } else { f32::NAN };
        }
        let known = (back..back + count).map(|b| self.at(b)).filter(|root| !root.is_nan());
        let (sum, n) = known.fold((0.0f32, 0u32), |(sum, n), root| (sum + root, n + 1));
        if n > 0 { sum / n as f32 } else { f32::NAN }
    }

    /// Share of `count` steps that are known, of which the newest lies `back` steps back.
    pub(super) fn share_known(&self, back: usize, count: usize) -> f32 {
        let last = self.sums.len() - 1;
        let until = last.saturating_sub(back);
        let from = until.saturating_sub(count.min(last.saturating_sub(back)));
        (self.sums[until].1 - self.sums[from].1) as f32 / count as f32
    }

    /// Steps in an hour, at least one.
    pub(super) fn hour(&self) -> usize {
        (self.seen.day / 24).max(1)
    }

    /// Steps of the last day that sums are taken over: every one, or every so many where steps are short.
    pub(super) fn last_day(&self) -> impl Iterator<Item = usize> + use<> {
        let day = self.seen.day.min(self.seen.roots.len());
        (0..day).step_by((self.seen.day / SAMPLES).max(1))
    }

    /// Level of the last day, or of the last week where that has none; false without any load.
    fn measure_level(&mut self) -> bool {
        let day = self.seen.day;
        let stride = (day / SAMPLES).max(1);
        let (mut today, mut week, mut roots, mut zeros) = ((0.0f32, 0u32), (0.0f32, 0u32), 0.0f32, 0u32);
        for back in (0..(7 * day).min(self.seen.roots.len())).step_by(stride) {
            let root = self.at(back);
            if root.is_nan() {
                continue;
            }
            week = (week.0 + root * root, week.1 + 1);
            if back < day {
                today = (today.0 + root * root, today.1 + 1);
                roots += root;
                zeros += u32::from(root == 0.0);
            }
        }
        let mean = |(sum, count): (f32, u32)| if count > 0 { sum / count as f32 } else { 0.0 };
        let (of_day, of_week) = (mean(today), mean(week));
        let level = if of_day > 0.0 { of_day } else { of_week };
        let count = today.1.max(1) as f32;
        self.level = level.sqrt();
        self.of_week = if of_week > 0.0 { level / of_week } else { 1.0 };
        self.zeros = zeros as f32 / count;
        self.available = today.1 as f32 / self.last_day().count().max(1) as f32;
        self.spread = (of_day - (roots / count).powi(2)).max(0.0).sqrt();
        level > 0.0
    }

    fn measure_changes(&mut self) {
        let (mut sum, mut squares, mut count) = (0.0f32, 0.0f32, 0u32);
        for back in self.last_day() {
            let change = (self.at(back) - self.at(back + 1)).abs();
            if !change.is_nan() {
                sum += change;
                squares += change * change;
                count += 1;
            }
        }
        let n = count.max(1) as f32;
        let change = if count > 0 { sum / n } else { 0.05 * self.level };
        self.step_change = change.max(LEAST_CHANGE * self.level);
        self.rough_change = (squares / n).sqrt();
    }

    /// How large changes over `lead` steps were during the last day.
    pub(super) fn changes(&self, lead: usize) -> Changes {
        let (mut sum, mut upwards, mut count) = (0.0f32, 0.0f32, 0u32);
        for back in self.last_day() {
            let change = self.at(back) - self.at(back + lead);
            if !change.is_nan() {
                sum += change.abs();
                upwards += change.max(0.0);
                count += 1;
            }
        }
        let guess = self.step_change * (lead as f32).powf(0.4);
        let n = count as f32;
        let unit = ((sum + GUESS * guess) / (n + GUESS)).max(LEAST_UNIT * self.level);
        Changes { unit, upwards: upwards / n.max(1.0) }
    }

    /// Mean change over `lead` steps among the newest `count` ones; 0 where none is known.
    pub(super) fn newest_change(&self, lead: usize, count: usize) -> f32 {
        let changes = (0..count).map(|back| (self.at(back) - self.at(back + lead)).abs());
        let (sum, n) = changes.filter(|c| !c.is_nan()).fold((0.0f32, 0u32), |(sum, n), c| (sum + c, n + 1));
        sum / n.max(1) as f32
    }
}
