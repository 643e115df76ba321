//! The same local time on earlier days, and the anchors that the net weighs.

use super::{ANCHORS, DAYS, LeadTime, RowScale, origin::Origin};

/// Steps around the target's time that are seen on some of the days, and steps before the origin's.
const AROUND: [isize; 8] = [-4, -3, -2, -1, 1, 2, 3, 4];
const BEFORE: [usize; 3] = [1, 2, 3];

/// What stood at the target's local time on earlier days, one for each of [`DAYS`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Season {
    /// The root of load.
    level: [f32; DAYS.len()],
    /// How it differed from what stood at the origin's time.
    change: [f32; DAYS.len()],
    /// The same of means of three steps.
    smooth: [f32; DAYS.len()],
}

/// Mean, spread and number of what is known.
fn moments(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let known = values.filter(|v| !v.is_nan());
    let (sum, n) = known.clone().fold((0.0f32, 0u32), |(sum, n), v| (sum + v, n + 1));
    if n == 0 {
        return (f32::NAN, f32::NAN);
    }
    let mean = sum / n as f32;
    let squares = known.fold(0.0f32, |sum, v| sum + (v - mean).powi(2));
    (mean, (squares / n as f32).sqrt())
}

/// The median of what is known.
fn median(values: &[f32]) -> f32 {
    let mut known: Vec<f32> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    known.sort_by(f32::total_cmp);
    match known.len() {
        0 => f32::NAN,
        n if n % 2 == 1 => known[n / 2],
        n => (known[n / 2 - 1] + known[n / 2]) / 2.0,
    }
}

impl Season {
    /// Mean level, mean change and spread of both, of the last week's days.
    fn week(&self) -> [f32; 5] {
        let (level, spread) = moments(self.level[..7].iter().copied());
        let (change, unlike) = moments(self.smooth[..7].iter().copied());
        [level, median(&self.level[..7]), change, spread, unlike]
    }

    /// The same weekday of the last four weeks: mean level, mean change, spread of the level.
    fn weekday(&self) -> [f32; 3] {
        let (level, spread) = moments(self.level[6..].iter().copied());
        [level, moments(self.smooth[6..].iter().copied()).0, spread]
    }
}

impl Origin<'_> {
    /// Looks up the target's local time on earlier days.
    pub(super) fn season(&self, lead: &LeadTime) -> Season {
        let level = lead.back.map(|back| self.at(back));
        let before = lead.back.map(|back| back + lead.steps);
        let smooth = |back: usize, origin: usize| match back.checked_sub(1) {
            Some(after) => self.mean(after, 3) - self.mean(origin, 3),
            None => f32::NAN,
        };
        Season {
            level,
            change: std::array::from_fn(|d| level[d] - self.at(before[d])),
            smooth: std::array::from_fn(|d| smooth(lead.back[d], before[d])),
        }
    }

    /// The same time on earlier days: level, changes, and for three of the days the steps around.
    pub(super) fn write_season(&self, lead: &LeadTime, season: &Season, scale: RowScale, to: &mut Vec<f32>) {
        let hours = (self.seen.day / 12).max(1);
        for (d, days) in DAYS.into_iter().enumerate() {
            let (target, origin) = (lead.back[d], lead.back[d] + lead.steps);
            if [1, 2, 7].contains(&days) {
                let around = AROUND.map(|w| target.checked_add_signed(-w).map_or(f32::NAN, |b| self.at(b)));
                to.extend(around.map(|root| scale.place(root)));
                to.extend(BEFORE.map(|w| scale.place(self.at(origin + w))));
            }
            to.extend([
                scale.place(season.level[d]),
                scale.change(season.smooth[d]),
                scale.change(season.change[d]),
                f32::from(u8::from(!season.level[d].is_nan())),
            ]);
            if [1, 2, 7].contains(&days) {
                to.extend([6, hours].map(|n| scale.change(self.mean(0, n) - self.mean(origin, n))));
            }
        }
        let ([level, middle, change, spread, unlike], [weekday, weekday_change, weekday_spread]) =
            (season.week(), season.weekday());
        to.extend([level, weekday, middle].map(|root| scale.place(root)));
        to.extend([change, weekday_change, spread, weekday_spread, unlike].map(|d| scale.change(d)));
    }

    /// Simple forecasts of the target, as roots of load; not a number where there is none.
    pub(super) fn anchors(&self, lead: usize, season: &Season) -> [f32; ANCHORS] {
        let (last, day, hour) = (self.filled(0), self.seen.day, self.hour());
        let last = if last.is_nan() { self.reference } else { last };
        let six = self.mean(0, 6);
        let [week, _, change, ..] = season.week();
        let rounds = hour * lead.div_ceil(hour);
        [
            last,
            six,
            self.mean(0, 24),
            self.mean(0, day),
            season.level[0],
            season.level[6],
            last + season.change[0],
            last + season.change[6],
            week,
            last + change,
            six + change,
            season.weekday()[0],
            last + lead as f32 * (last - self.filled(3)) / 3.0,
            self.at(rounds - lead),
        ]
    }
}
