//! Evenly spaced samples in which missing is a gap, never zero.

use serde::{Deserialize, Serialize};

use super::{Seconds, Time, at_epoch, shift};

/// Values at `start + i × step`; a value that was never seen, or is not finite, is a gap.
///
/// A sample is stamped with the *start* of the step that it speaks of, as CloudWatch does: the sample at
/// 12:00 of a five-minute series is known from 12:05 on ([`Series::known_until`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Series {
    start: Time,
    step: Seconds,
    /// NaN stands for a gap; it never leaves this type.
    values: Vec<f64>,
}

/// Seconds beyond the end that a series is not opened to at once.
const TOO_FAR: Seconds = 10 * 366 * 86_400;

/// Two gaps are equal, so a series with a gap equals itself.
impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.step == other.step && self.iter().eq(other.iter())
    }
}

/// What a series looks like on disk and over a connection: a gap is `null`.
#[derive(Serialize, Deserialize)]
struct Raw {
    start: i64,
    step: Seconds,
    values: Vec<Option<f64>>,
}

impl From<Series> for Raw {
    fn from(series: Series) -> Self {
        Raw {
            start: series.start.timestamp(),
            step: series.step,
            values: series.iter().map(|(_, value)| value).collect(),
        }
    }
}

impl TryFrom<Raw> for Series {
    type Error = &'static str;
    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        if raw.step < 1 {
            return Err("a series needs a step of at least one second");
        }
        let mut series = Series::new(at_epoch(raw.start), raw.step);
        series.extend(raw.values);
        Ok(series)
    }
}

impl Series {
    /// An empty series whose first sample, when it comes, is the one at `start`.
    ///
    /// `step` is in seconds; anything below one is taken as one.
    pub fn new(start: Time, step: Seconds) -> Self {
        Series { start, step: step.max(1), values: Vec::new() }
    }

    /// A series from values in order; `None` is a gap.
    pub fn from_values(start: Time, step: Seconds, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut series = Series::new(start, step);
        series.extend(values);
        series
    }

    /// Time of the first sample.
    pub fn start(&self) -> Time {
        self.start
    }

    /// Seconds between two samples.
    pub fn step(&self) -> Seconds {
        self.step
    }

    /// Number of steps, gaps included.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True when there is not one step.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The first moment after the last step: what lies before it has been spoken of.
    pub fn known_until(&self) -> Time {
        self.time_of(self.len())
    }

    /// Start of step `index` (which may lie beyond the end).
    pub fn time_of(&self, index: usize) -> Time {
        shift(self.start, self.step.saturating_mul(index as i64))
    }

    /// The step that contains `time`, if it is not before the start; it may lie beyond the end.
    pub fn index_of(&self, time: Time) -> Option<usize> {
        let offset = time.timestamp() - self.start.timestamp();
        usize::try_from(offset.div_euclid(self.step)).ok()
    }

    /// The value of step `index`; `None` for a gap or outside.
    pub fn get(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().filter(|v| v.is_finite())
    }

    /// The value of the step that contains `time`.
    pub fn at(&self, time: Time) -> Option<f64> {
        self.get(self.index_of(time)?)
    }

    /// Appends the next step.
    pub fn push(&mut self, value: Option<f64>) {
        self.values.push(value.filter(|v| v.is_finite()).unwrap_or(f64::NAN));
    }

    /// Appends several steps.
    pub fn extend(&mut self, values: impl IntoIterator<Item = Option<f64>>) {
        values.into_iter().for_each(|value| self.push(value));
    }

    /// Puts `value` on the step that contains `time`, opening gaps up to it when it lies beyond the end.
    ///
    /// A value before the start is dropped, as is one more than ten years ahead (a broken time stamp must not
    /// fill the memory). Returns whether it was kept.
    pub fn insert(&mut self, time: Time, value: f64) -> bool {
        let Some(index) = self.index_of(time) else { return false };
        let beyond = (index as i64 - self.len() as i64).saturating_mul(self.step);
        if beyond > TOO_FAR || !value.is_finite() {
            return false;
        }
        if index >= self.len() {
            self.values.resize(index + 1, f64::NAN);
        }
        self.values[index] = value;
        true
    }

    /// Opens gaps up to `until`, which was spoken of: what is not there by now is missing. Not more than ten years of them.
    pub fn cover(&mut self, until: Time) {
        let ahead = (until.timestamp() - self.known_until().timestamp()).min(TOO_FAR);
        if let Ok(missing) = usize::try_from(ahead.div_euclid(self.step)) {
            self.values.resize(self.len() + missing, f64::NAN);
        }
    }

    /// Every step in order with its time.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Time, Option<f64>)> + ExactSizeIterator + '_ {
        self.values.iter().enumerate().map(|(i, v)| (self.time_of(i), Some(*v).filter(|v| v.is_finite())))
    }

    /// The values alone, gaps left out.
    pub fn known(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().copied().filter(|v| v.is_finite())
    }

    /// The newest step that is not a gap.
    pub fn last_known(&self) -> Option<(Time, f64)> {
        self.iter().rev().find_map(|(time, value)| value.map(|v| (time, v)))
    }

    /// The part whose steps start within `[from, until)`.
    pub fn between(&self, from: Time, until: Time) -> Series {
        let first = ceil_index(self, from).min(self.len());
        let last = ceil_index(self, until).clamp(first, self.len());
        Series { start: self.time_of(first), step: self.step, values: self.values[first..last].to_vec() }
    }

    /// What was known at `origin`: the steps that had ended by then. The tool against look-ahead.
    pub fn before(&self, origin: Time) -> Series {
        self.between(self.start, shift(origin, 1 - self.step))
    }

    /// Forgets the oldest steps so that at most `keep` remain.
    pub fn keep_last(&mut self, keep: usize) {
        let drop = self.len().saturating_sub(keep);
        self.start = self.time_of(drop);
        self.values.drain(..drop);
        // Room for what comes next, and not the double of all that there is.
        if drop > 0 && self.values.capacity() > keep.saturating_add(keep / 8) {
            self.values.shrink_to(keep + keep / 16);
        }
    }

    /// Mean over buckets of `step` seconds aligned to the epoch; a bucket without one value is a gap.
    ///
    /// `step` must be a multiple of the series' own, else the series comes back as it is.
    pub fn mean_over(&self, step: Seconds) -> Series {
        self.thinned(step, step, |values, out| {
            out.push((!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64));
        })
    }

    /// Highest value of buckets of `step` seconds, as [`Series::mean_over`]: no peak is lost.
    pub fn highest_over(&self, step: Seconds) -> Series {
        self.thinned(step, step, |values, out| out.push(values.iter().copied().reduce(f64::max)))
    }

    /// Two points for each bucket of two `step`s, aligned to the epoch: its lowest and its highest value, in the order
    /// in which they came. Neither peak nor dip is lost; a bucket without one value is a gap.
    ///
    /// `step` must be a multiple of the series' own, else the series comes back as it is.
    pub fn extremes_over(&self, step: Seconds) -> Series {
        self.thinned(2 * step, step, |values, out| {
            let place = |better: fn(f64, f64) -> bool| {
                values
                    .iter()
                    .enumerate()
                    .reduce(|best, next| if better(*next.1, *best.1) { next } else { best })
            };
            let mut both = [place(|a, b| a < b), place(|a, b| a > b)];
            both.sort_by_key(|point| point.map(|(at, _)| at));
            out.extend(both.map(|point| point.map(|(_, value)| *value)));
        })
    }

    /// A series of `step` to which `add` appends what the known values of each bucket of `wide` seconds come to.
    fn thinned(&self, wide: Seconds, step: Seconds, add: impl Fn(&[f64], &mut Series)) -> Series {
        if step <= self.step || step % self.step != 0 || self.is_empty() {
            return self.clone();
        }
        let mut out = Series::new(super::floor_to(self.start, wide), step);
        let first = out.start.timestamp();
        let (mut bucket, mut values) = (0, Vec::new());
        for (time, value) in self.iter() {
            while bucket < (time.timestamp() - first).div_euclid(wide) {
                add(&values, &mut out);
                values.clear();
                bucket += 1;
            }
            values.extend(value);
        }
        add(&values, &mut out);
        out
    }
}

/// Index of the first step that starts at or after `time`.
fn ceil_index(series: &Series, time: Time) -> usize {
    let offset = time.timestamp() - series.start.timestamp();
    usize::try_from(-(-offset).div_euclid(series.step)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn series(values: &[Option<f64>]) -> Series {
        Series::from_values(at_epoch(1_000_200), 300, values.iter().copied())
    }

    #[test]
    fn a_gap_stays_a_gap() {
        let mut s = series(&[Some(1.0), None, Some(f64::NAN)]);
        assert!(s.insert(s.time_of(5), 6.0));
        let seen: Vec<_> = s.iter().map(|(_, v)| v).collect();
        assert_eq!(seen, [Some(1.0), None, None, None, None, Some(6.0)]);
        assert_eq!(s.last_known(), Some((s.time_of(5), 6.0)));
    }

    #[test]
    fn before_gives_only_steps_that_have_ended() {
        let s = series(&[Some(1.0), Some(2.0), Some(3.0)]);
        assert_eq!(s.before(shift(s.start(), 599)).len(), 1);
        assert_eq!(s.before(shift(s.start(), 600)).len(), 2);
        assert_eq!(s.before(shift(s.start(), 10_000)).len(), 3);
        assert_eq!(s.before(shift(s.start(), -5)).len(), 0);
    }

    #[test]
    fn a_wrong_time_stamp_uses_bounded_memory() {
        let mut s = series(&[Some(1.0)]);
        assert!(!s.insert(shift(s.start(), 40 * 366 * 86_400), 1.0));
        assert!(!s.insert(shift(s.start(), -1), 1.0));
        assert_eq!(s.len(), 1);
    }

    #[test]
    fn what_was_spoken_of_is_a_gap_and_keeps_its_place() {
        let mut s = series(&[Some(1.0)]);
        s.cover(shift(s.start(), 1_000));
        assert_eq!((s.len(), s.last_known()), (3, Some((s.start(), 1.0))));
        s.cover(s.start());
        s.cover(Time::MAX_UTC);
        assert!(s.len() < 1_100_000, "ten years of steps, not more");
    }

    #[test]
    fn json_keeps_gaps() {
        let s = series(&[Some(1.5), None]);
        let text = serde_json::to_string(&s).expect("a series is plain data");
        assert_eq!(text, r#"{"start":1000200,"step":300,"values":[1.5,null]}"#);
        assert_eq!(serde_json::from_str::<Series>(&text).expect("just written"), s);
        assert!(serde_json::from_str::<Series>(r#"{"start":0,"step":0,"values":[]}"#).is_err());
    }

    #[test]
    fn peaks_and_dips_outlive_thinning() {
        let mut values = vec![Some(5.0); 24];
        (values[7], values[8]) = (Some(90.0), Some(1.0));
        values[12..18].fill(None);
        let full = Series::from_values(at_epoch(0), 60, values);
        let thin = full.extremes_over(180);
        assert_eq!((thin.step(), thin.len()), (180, 8));
        let both: Vec<Option<f64>> = (0..8).map(|i| thin.get(i)).collect();
        let five = Some(5.0);
        assert_eq!(both, [five, five, Some(90.0), Some(1.0), None, None, five, five]);
        let high: Vec<Option<f64>> = full.highest_over(360).iter().map(|(_, v)| v).collect();
        assert_eq!(high, [five, Some(90.0), None, five]);
        assert_eq!((full.extremes_over(60), full.extremes_over(90)), (full.clone(), full));
    }

    proptest! {
        #[test]
        fn between_keeps_times_and_values(values in prop::collection::vec(prop::option::of(-1e9..1e9f64), 0..40),
                                          a in -4_000i64..20_000, b in -4_000i64..20_000) {
            let s = series(&values);
            let (from, until) = (shift(s.start(), a.min(b)), shift(s.start(), a.max(b)));
            let part = s.between(from, until);
            for (time, value) in part.iter() {
                prop_assert!(time >= from && time < until);
                prop_assert_eq!(value, s.at(time));
            }
            let expected = s.iter().filter(|(t, _)| *t >= from && *t < until).count();
            prop_assert_eq!(part.len(), expected);
        }

        #[test]
        fn mean_over_preserves_the_mean_of_full_buckets(values in prop::collection::vec(0.0..1e6f64, 12..60)) {
            let s = Series::from_values(at_epoch(0), 60, values.iter().copied().map(Some));
            let coarse = s.mean_over(300);
            for (time, value) in coarse.iter() {
                let part: Vec<f64> = s.between(time, shift(time, 300)).known().collect();
                let mean = part.iter().sum::<f64>() / part.len() as f64;
                prop_assert!((value.unwrap_or(f64::NAN) - mean).abs() <= 1e-6 * mean.abs().max(1.0));
            }
        }
    }
}
