//! The running score against a reactive baseline: what target tracking would have made of the same load.

use serde::{Deserialize, Serialize};

use super::objective::Objective;

/// One side's sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Minutes with utilisation above the target.
    pub above: f64,
    /// Sum over the minutes of the share of their load that the instances in service could not carry at 100 %.
    #[serde(default)]
    pub lost: f64,
    /// Instance-hours paid for, booting ones included.
    pub instance_hours: f64,
}

/// Two sides over the same minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Minutes that count: those whose load is known.
    pub minutes: f64,
    /// `prescale`.
    pub ours: Side,
    /// The reactive baseline.
    #[serde(rename = "twin")]
    pub baseline: Side,
}

/// What one day brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// While `prescale` proposed or acted: the group as it was.
    pub acted: Tally,
    /// While it observed: the group as its advice would have made it.
    pub advised: Tally,
}

impl Side {
    /// What one minute brought: utilisation above the target or not, the share of its load that was lost, and how many
    /// instances were paid for.
    pub fn minute(above: bool, lost: f64, billed: u32) -> Side {
        Side { above: f64::from(u8::from(above)), lost, instance_hours: f64::from(billed) / 60.0 }
    }

    /// Both together.
    pub fn plus(self, other: Side) -> Side {
        Side {
            above: self.above + other.above,
            lost: self.lost + other.lost,
            instance_hours: self.instance_hours + other.instance_hours,
        }
    }

    /// Minutes that count against `objective`; of lost load, minutes' worth of it.
    pub fn bad(self, objective: Objective) -> f64 {
        match objective {
            Objective::MinutesAbove(_) => self.above,
            Objective::LostLoad(_) => self.lost,
        }
    }

    /// The same as a share of `minutes`; absent where there are none.
    pub fn share(self, objective: Objective, minutes: f64) -> Option<f64> {
        (minutes > 0.0).then(|| self.bad(objective) / minutes)
    }
}

impl Tally {
    /// Both together.
    pub fn plus(self, other: Tally) -> Tally {
        Tally {
            minutes: self.minutes + other.minutes,
            ours: self.ours.plus(other.ours),
            baseline: self.baseline.plus(other.baseline),
        }
    }

    /// Minutes above the target that the baseline had and we had not; below zero when it is the other way.
    pub fn minutes_saved(&self) -> f64 {
        self.baseline.above - self.ours.above
    }

    /// Instance-hours that the baseline paid for and we did not; below zero when it is the other way.
    pub fn hours_saved(&self) -> f64 {
        self.baseline.instance_hours - self.ours.instance_hours
    }

    /// The score in words, with money where an instance-hour has a `price`. Losses are said as plainly as savings.
    pub fn words(&self, price: Option<f64>) -> String {
        let (minutes, hours) = (self.minutes_saved(), self.hours_saved());
        let word = |saved: f64| if saved >= 0.0 { "saved" } else { "more" };
        let money = price.map_or(String::new(), |price| format!(" ({:.2})", (price * hours).abs()));
        format!(
            "{:.0} min above the target {}, {:.1} instance-hours {}{money}, in {:.1} h",
            minutes.abs(),
            word(minutes),
            hours.abs(),
            word(hours),
            self.minutes / 60.0
        )
    }
}

impl Score {
    /// Both together.
    pub fn plus(self, other: Score) -> Score {
        Score { acted: self.acted.plus(other.acted), advised: self.advised.plus(other.advised) }
    }

    /// All minutes, in whichever mode.
    pub fn all(self) -> Tally {
        self.acted.plus(self.advised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn savings_and_losses_are_said_alike() {
        let mut tally = Tally { minutes: 90.0, ..Tally::default() };
        (0..60).for_each(|i| {
            tally.ours = tally.ours.plus(Side::minute(i < 2, 0.0, 4));
            tally.baseline = tally.baseline.plus(Side::minute(i < 12, 0.1, 3));
        });
        assert_eq!(
            tally.words(Some(0.5)),
            "10 min above the target saved, 1.0 instance-hours more (0.50), in 1.5 h"
        );
        let both = tally.plus(tally);
        assert_eq!((both.minutes_saved(), both.minutes), (20.0, 180.0));
        assert!((both.hours_saved() + 2.0).abs() < 1e-9, "{both:?}");
    }
}
