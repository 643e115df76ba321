//! Shrinks the learned effect of a kind of event towards what the event at hand shows.
//!
//! Events of one kind differ: Thanksgiving empties the streets, Columbus Day, also a holiday, does not. The
//! first hours of an event tell which it is. [`EventShrinkage`] is the share of the predicted effect that
//! came in recent hours: the least-squares coefficient of the observed effect on the predicted one.

use serde::{Deserialize, Serialize};

/// Half-life of observations, in hours of an event.
const HALF_LIFE: f64 = 4.0;
/// Weight of the prior (the whole effect comes), in hours of effects as large as the usual error.
const PRIOR: f64 = 0.5;
/// Largest share: an event may have a larger effect than those before it.
const MOST: f64 = 1.5;

/// The share for one expert and one kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct EventShrinkage {
    product: f64,
    square: f64,
}

impl EventShrinkage {
    /// The share of the effect to expect, 0 to 1.5; 1 before the first observation. `hour` is the number of
    /// steps in an hour.
    pub fn share(&self, hour: f64) -> f64 {
        let prior = PRIOR * hour;
        ((self.product + prior) / (self.square + prior)).clamp(0.0, MOST)
    }

    /// Learns from the outcome `actual` of predictions without and with the effect, all in units of the usual
    /// error.
    pub fn learn(&mut self, without_event: f64, with_event: f64, actual: f64, hour: f64) {
        let (effect, observed) = (with_event - without_event, actual - without_event);
        if effect.is_finite() && observed.is_finite() {
            let keep = 0.5f64.powf(1.0 / (HALF_LIFE * hour));
            self.product = keep * self.product + effect * observed;
            self.square = keep * self.square + effect * effect;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: f64 = 12.0;

    fn after(hours: usize, share: f64) -> EventShrinkage {
        let mut shrinkage = EventShrinkage::default();
        (0..hours * 12).for_each(|_| shrinkage.learn(10.0, 14.0, 10.0 + 4.0 * share, HOUR));
        shrinkage
    }

    #[test]
    fn an_event_effect_is_trusted_until_contradicted() {
        assert!((EventShrinkage::default().share(HOUR) - 1.0).abs() < 1e-12);
        assert!((after(6, 1.0).share(HOUR) - 1.0).abs() < 1e-12);
        assert!((after(3, 0.4).share(HOUR) - 0.4).abs() < 0.02);
        assert!(after(3, -1.0).share(HOUR).abs() < 1e-12, "an effect of the opposite sign counts as none");
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
