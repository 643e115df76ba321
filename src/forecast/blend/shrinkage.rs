//! How like the others of its kind an event is, learned while it lasts.
//!
//! What a kind of event did before is a promise: Thanksgiving empties the streets, Columbus Day, a holiday too, does
//! not. An event's first hours tell which it is. [`EventShrinkage`] is the share of the promise that was kept of late: the
//! least-squares coefficient of what came, without the event's effect, on that effect.

use serde::{Deserialize, Serialize};

/// Hours of an event in which what was seen of it fades to a half.
const FADES: f64 = 4.0;
/// Hours of errors of the usual size that it takes to doubt a promise as much as it is believed.
const BELIEF: f64 = 0.5;
/// A day may be more of its kind than any before.
const MOST: f64 = 1.5;

/// One expert's, for one kind.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct EventShrinkage {
    product: f64,
    square: f64,
}

impl EventShrinkage {
    /// The share of the effect to count on, 0 to 1.5; 1 while nothing was seen. `hour` is the number of steps in an hour.
    pub fn share(&self, hour: f64) -> f64 {
        let belief = BELIEF * hour;
        ((self.product + belief) / (self.square + belief)).clamp(0.0, MOST)
    }

    /// Learns that `plain` was said without the effect and `told` with it, and `actual` came, in units of the usual error.
    pub fn learn(&mut self, without_event: f64, with_event: f64, actual: f64, hour: f64) {
        let (effect, seen) = (with_event - without_event, actual - without_event);
        if effect.is_finite() && seen.is_finite() {
            let keep = 0.5f64.powf(1.0 / (FADES * hour));
            self.product = keep * self.product + effect * seen;
            self.square = keep * self.square + effect * effect;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: f64 = 12.0;

    fn after(hours: usize, kept: f64) -> EventShrinkage {
        let mut shrinkage = EventShrinkage::default();
        (0..hours * 12).for_each(|_| shrinkage.learn(10.0, 14.0, 10.0 + 4.0 * kept, HOUR));
        shrinkage
    }

    #[test]
    fn an_event_effect_is_trusted_until_contradicted() {
        assert!((EventShrinkage::default().share(HOUR) - 1.0).abs() < 1e-12);
        assert!((after(6, 1.0).share(HOUR) - 1.0).abs() < 1e-12);
        assert!((after(3, 0.4).share(HOUR) - 0.4).abs() < 0.02);
        assert!(
            after(3, -1.0).share(HOUR).abs() < 1e-12,
            "an effect that turned round is left out, not turned"
        );
        assert!((after(3, 4.0).share(HOUR) - MOST).abs() < 1e-12);
    }

    #[test]
    fn recent_hours_count_most_and_effects_below_the_noise_are_ignored() {
        let mut shrinkage = after(24, 1.0);
        (0..8 * 12).for_each(|_| shrinkage.learn(10.0, 14.0, 10.0, HOUR));
        assert!(shrinkage.share(HOUR) < 0.3);
        let mut faint = EventShrinkage::default();
        (0..12).for_each(|_| faint.learn(10.0, 10.05, 9.0, HOUR));
        assert!(faint.share(HOUR) > 0.85, "{}", faint.share(HOUR));
        let before = faint;
        faint.learn(f64::NAN, 1.0, 1.0, HOUR);
        assert_eq!(faint, before);
    }
}
