//! What an operator changes in thought, and what would come of it. Nothing follows from either.

use serde::{Deserialize, Serialize};

use super::{Seconds, Time, at_epoch, objective::Objective, scorecard::Side, series::Series, shift};

/// What is changed in thought; whatever is absent stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WhatIf {
    /// Quantile of demand to buy.
    pub risk: Option<f64>,
    /// What is to be kept instead.
    pub objective: Option<Objective>,
    /// Utilisation not to exceed.
    pub target: Option<f64>,
    /// Seconds from order to service.
    pub boot: Option<Seconds>,
    /// MinSize.
    pub min: Option<u32>,
    /// MaxSize.
    pub max: Option<u32>,
    /// An event that multiplies demand.
    pub event: Option<ExtraLoad>,
}

/// An event in thought: demand is multiplied for a while.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExtraLoad {
    /// When it begins.
    pub start: Time,
    /// Seconds that it lasts.
    pub length: Seconds,
    /// By how much demand is multiplied.
    pub multiplier: f64,
}

/// What a group is planned by, in force or in thought.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Quantile of demand that is bought.
    pub risk: f64,
    /// What that quantile is to keep.
    pub objective: Option<Objective>,
    /// Utilisation not to exceed.
    pub target: f64,
    /// Seconds from order to service.
    pub boot: Seconds,
    /// MinSize.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
}

/// What the next hours would bring, if demand is as forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoursAhead {
    /// What the plan of now would want.
    pub want: u32,
    /// Most instances at once.
    pub most: u32,
    /// Minutes in which MaxSize cuts what is wanted.
    pub cut: f64,
    /// What is to be expected: of time above the target and of load lost the means over the forecast's quantiles.
    pub side: Side,
    /// Instances paid for, a value a minute.
    pub planned: Series,
}

/// What the last days would have brought.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PastDays {
    /// The first minute.
    pub since: Time,
    /// Minutes that count: those whose load is known.
    pub minutes: f64,
    /// Most instances at once.
    pub most: u32,
    /// Minutes in which MaxSize cut what was wanted.
    pub cut: f64,
    /// What they would have brought.
    pub side: Side,
    /// The quantile that is bought at their end: with an objective, the one that would have kept it.
    pub risk: f64,
}

/// Bounds of what may be thought of, so that any request costs no more than ours.
const RISK: (f64, f64) = (0.5, 0.995);
const TARGET: (f64, f64) = (0.1, 1.0);
const BOOT: (Seconds, Seconds) = (0, 43_200);
const MOST_INSTANCES: u32 = 100_000;
const LENGTH: (Seconds, Seconds) = (60, 31 * 86_400);
const MULTIPLIER: (f64, f64) = (0.01, 100.0);

/// Relative difference up to which two numbers are one: JSON rounds them.
const ROUNDING: f64 = 1e-9;

impl WhatIf {
    /// Nothing is changed.
    pub fn is_nothing(&self) -> bool {
        *self == WhatIf::default()
    }

    /// The same within what may be thought of.
    pub fn bounded(self) -> WhatIf {
        let number = |value: Option<f64>, (low, high): (f64, f64)| {
            value.filter(|v| v.is_finite()).map(|v| v.clamp(low, high))
        };
        WhatIf {
            risk: number(self.risk, RISK),
            objective: self.objective.filter(|o| o.allowed().is_finite()).map(|o| o.allowing(o.allowed())),
            target: number(self.target, TARGET),
            boot: self.boot.map(|seconds| seconds.clamp(BOOT.0, BOOT.1)),
            min: self.min.map(|n| n.min(MOST_INSTANCES)),
            max: self.max.map(|n| n.min(MOST_INSTANCES)),
            event: self.event.map(|event| ExtraLoad {
                start: event.start.max(at_epoch(0)),
                length: event.length.clamp(LENGTH.0, LENGTH.1),
                multiplier: number(Some(event.multiplier), MULTIPLIER).unwrap_or(1.0),
            }),
        }
    }

    /// Whether `other` says the same, however its numbers were written and read.
    pub fn says_the_same(&self, other: &WhatIf) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= ROUNDING * a.abs().max(b.abs());
        let both = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => near(a, b),
            (a, b) => a == b,
        };
        let whole = |of: &WhatIf| {
            let kind = of.objective.map(|objective| std::mem::discriminant(&objective));
            (kind, of.boot, of.min, of.max, of.event.map(|event| (event.start, event.length)))
        };
        whole(self) == whole(other)
            && both(self.risk, other.risk)
            && both(self.target, other.target)
            && both(self.objective.map(Objective::allowed), other.objective.map(Objective::allowed))
            && both(self.event.map(|event| event.multiplier), other.event.map(|event| event.multiplier))
    }
}

impl ExtraLoad {
    /// First moment after it.
    pub fn end(&self) -> Time {
        shift(self.start, self.length)
    }

    /// Whether it lasts at `time`.
    pub fn covers(&self, time: Time) -> bool {
        (self.start..self.end()).contains(&time)
    }
}

impl Terms {
    /// The same with what `what_if` changes. MaxSize is not below MinSize.
    pub fn with(self, what_if: &WhatIf) -> Terms {
        let min = what_if.min.unwrap_or(self.min);
        Terms {
            risk: what_if.risk.unwrap_or(self.risk),
            objective: what_if.objective.or(self.objective),
            target: what_if.target.unwrap_or(self.target),
            boot: what_if.boot.unwrap_or(self.boot),
            min,
            max: what_if.max.unwrap_or(self.max).max(min),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn thoughts() -> impl Strategy<Value = WhatIf> {
        let event = (any::<i64>(), any::<i64>(), any::<f64>());
        let event = event.prop_map(|(start, length, multiplier)| ExtraLoad {
            start: at_epoch(start),
            length,
            multiplier,
        });
        let objective =
            (any::<bool>(), prop_oneof![any::<f64>(), 0.0..0.3]).prop_map(|(above, share)| match above {
                true => Objective::MinutesAbove(share),
                false => Objective::LostLoad(share),
            });
        (
            prop::option::of(any::<f64>()),
            prop::option::of(objective),
            prop::option::of(any::<f64>()),
            prop::option::of(any::<i64>()),
            prop::option::of((any::<u32>(), any::<u32>())),
            prop::option::of(event),
        )
            .prop_map(|(risk, objective, target, boot, sizes, event)| WhatIf {
                risk,
                objective,
                target,
                boot,
                min: sizes.map(|(min, _)| min),
                max: sizes.map(|(_, max)| max),
                event,
            })
    }

    proptest! {
        /// Whatever a socket brings, it is within what our own screens can ask for, and comes back as the same.
        #[test]
        fn any_thought_is_bounded_and_survives_json(thought in thoughts()) {
            let bounded = thought.bounded();
            prop_assert_eq!(bounded.bounded(), bounded);
            prop_assert!(bounded.risk.is_none_or(|risk| (0.5..=0.995).contains(&risk)));
            prop_assert!(bounded.event.is_none_or(|event| event.end() > event.start || event.start > at_epoch(1 << 40)));
            let json = serde_json::to_string(&bounded).expect("plain values");
            let back: WhatIf = serde_json::from_str(&json).expect("what was written");
            prop_assert!(bounded.says_the_same(&back), "{}", json);
            prop_assert_eq!(bounded.objective, back.objective, "{}", json);
        }
    }

    #[test]
    fn what_is_not_thought_of_stays_as_it_is() {
        let now = Terms { risk: 0.95, objective: None, target: 0.8, boot: 240, min: 2, max: 20 };
        assert_eq!(now.with(&WhatIf::default()), now);
        let bold = WhatIf { risk: Some(0.9), min: Some(30), ..WhatIf::default() };
        assert_eq!(now.with(&bold), Terms { risk: 0.9, min: 30, max: 30, ..now });
        assert!(!bold.says_the_same(&WhatIf::default()) && bold.says_the_same(&bold));
        let kept = |share| WhatIf { objective: Some(Objective::MinutesAbove(share)), ..WhatIf::default() };
        assert!(!kept(0.003).says_the_same(&kept(0.005)));
        let lost = WhatIf { objective: Some(Objective::LostLoad(0.003)), ..WhatIf::default() };
        assert!(!kept(0.003).says_the_same(&lost));
    }
}
