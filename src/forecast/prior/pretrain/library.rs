//! Where loads come from: recorded ones in longer steps, sums of two, and synthetic ones, most of them roughened.

use super::{
    Recorded,
    chance::Chance,
    load::{Load, mean, roughen},
    recorded::FEWEST_STEPS,
    synthetic::synthetic,
};
use crate::domain::Seconds;

/// Share of loads that are recorded: so much for each recorded load, and at the most. Few loads would be learned by heart.
const RECORDED_EACH: f64 = 0.1;
const RECORDED_MOST: f64 = 0.5;
/// Step lengths, and how often recorded loads are brought to each.
const STEPS: [(Seconds, f64); 7] =
    [(60, 0.6), (120, 0.3), (300, 3.0), (600, 1.2), (900, 1.0), (1_800, 0.8), (3_600, 0.8)];
/// Most steps of a load.
const MOST_STEPS: usize = 16_000;

/// What loads are drawn from.
pub(super) struct Library<'a> {
    recorded: &'a [Recorded],
    /// How often each is drawn.
    weights: Vec<f64>,
}

impl<'a> Library<'a> {
    /// Loads of one family (`azure_v1_…`) count as the root of their number.
    pub fn new(recorded: &'a [Recorded]) -> Library<'a> {
        let relatives =
            |load: &Recorded| recorded.iter().filter(|other| other.family() == load.family()).count();
        let weights = recorded.iter().map(|load| 1.0 / (relatives(load) as f64).sqrt()).collect();
        Library { recorded, weights }
    }

    /// Draws a load.
    pub fn draw(&self, chance: &mut Chance) -> Load {
        loop {
            let of_nature = chance.is((RECORDED_EACH * self.recorded.len() as f64).min(RECORDED_MOST));
            let mut load = if of_nature { self.recorded(chance) } else { synthetic(chance) };
            if load.values.len() > MOST_STEPS {
                let from = chance.whole(0, load.values.len() - MOST_STEPS);
                load.values = load.values[from..from + MOST_STEPS].to_vec();
            }
            if chance.is(if of_nature { 0.7 } else { 0.5 }) {
                roughen(chance, &mut load);
            }
            let sum: f64 = load.values.iter().filter(|v| !v.is_nan()).sum();
            if load.values.len() >= FEWEST_STEPS && sum > 0.0 && sum.is_finite() {
                return load;
            }
        }
    }

    /// A recorded load, or the sum of two.
    fn recorded(&self, chance: &mut Chance) -> Load {
        let mut load = self.coarser(chance, None);
        if !chance.is(0.15) {
            return load;
        }
        let other = self.coarser(chance, Some(load.step));
        let shift = load.day * chance.whole(0, 8);
        let Some(other) = other.values.get(shift..).filter(|_| other.step == load.step) else { return load };
        let share = chance.between(0.2, 1.2) * mean(&load.values) / mean(other).max(1e-9);
        if other.len() >= FEWEST_STEPS && share.is_finite() {
            load.values.truncate(other.len());
            load.values.iter_mut().zip(other).for_each(|(value, other)| *value += share * other);
        }
        load
    }

    /// One of the recorded loads, as means over a longer step.
    fn coarser(&self, chance: &mut Chance, step: Option<Seconds>) -> Load {
        let place = chance.place(&self.weights);
        let Recorded { step: own, values, .. } = &self.recorded[place];
        let fits: Vec<(Seconds, f64)> = STEPS.into_iter().filter(|(s, _)| s % own == 0).collect();
        let weights: Vec<f64> = fits.iter().map(|(_, weight)| *weight).collect();
        let drawn = chance.place(&weights);
        let step = step.filter(|s| s % own == 0).or(fits.get(drawn).map(|(s, _)| *s)).unwrap_or(*own);
        let values = values.chunks_exact((step / own) as usize).map(known_mean).collect();
        Load { step, day: (86_400 / step).max(1) as usize, values }
    }
}

/// Mean of the steps that are known, if at least half of them are.
fn known_mean(steps: &[f64]) -> f64 {
    let known = steps.iter().filter(|v| !v.is_nan());
    let (sum, n) = known.fold((0.0, 0usize), |(sum, n), v| (sum + v, n + 1));
    if 2 * n >= steps.len() && n > 0 { sum / n as f64 } else { f64::NAN }
}
