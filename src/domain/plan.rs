//! Capacity that a policy wants, with every number that led to it.

use serde::{Deserialize, Serialize};

use super::{
    Seconds, Time,
    inputs::{PlanInputs, as_far_as_known, unusual_option},
};

/// What a policy wants for one group at one moment, before preflight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Moment of the plan.
    pub at: Time,
    /// Name of the policy (`capacity`, `threshold`, …).
    pub policy: String,
    /// Desired capacity found at the group.
    pub from: u32,
    /// Desired capacity wanted.
    pub want: u32,
    /// What would be wanted without the hold on the way down, where one applies.
    pub unheld: Option<u32>,
    /// Why, most important first; each line has its numbers.
    pub reasons: Vec<String>,
    /// The numbers behind `capacity`; absent where a policy has none.
    pub basis: Option<Basis>,
    /// What a reactive policy would do now, for comparison.
    pub reactive: Option<u32>,
    /// What the policy looked at; absent where no policy made the plan, and in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "unusual_option", deserialize_with = "as_far_as_known")]
    pub inputs: Option<Box<PlanInputs>>,
}

impl Plan {
    /// The utilisation that was not to be exceeded when it was made; `None` where its record does not say it.
    pub fn target(&self) -> Option<f64> {
        let inputs = self.inputs.as_ref().map(|inputs| inputs.settings.target);
        inputs.or(self.basis.as_ref().map(|basis| basis.target))
    }

    /// Seconds until an instance ordered when it was made would serve, plus one cycle; `None` where its record does not say it.
    pub fn lead(&self) -> Option<Seconds> {
        let inputs = self.inputs.as_ref().map(|inputs| inputs.lead + inputs.settings.cycle);
        self.basis.as_ref().map(|basis| basis.lead).or(inputs)
    }
}

/// The numbers of a capacity plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Model that made the forecast.
    pub model: String,
    /// Quantile bought (0.95 = enough in 95 of 100 cases).
    pub risk: f64,
    /// Demand at that quantile in the binding step, in load per step.
    pub demand: f64,
    /// Start of the binding step.
    pub binding: Time,
    /// Load per step that one instance serves at 100 % utilisation.
    pub capacity: f64,
    /// Utilisation not to exceed (0.8 = 80 %).
    pub target: f64,
    /// Seconds until an instance ordered now serves, plus one cycle.
    pub lead: Seconds,
    /// Names of calendar events inside the lead time.
    pub events: Vec<String>,
}

/// The name of a quantile: `p95`, `p97.3`.
pub fn percentile(quantile: f64) -> String {
    format!("p{}", (1_000.0 * quantile).round() / 10.0)
}

/// Instances needed for `demand` at `target` utilisation when one serves `capacity` at 100 %.
///
/// Returns `None` when the inputs make no sense (capacity or target not above zero, demand not finite).
pub fn instances_for(demand: f64, capacity: f64, target: f64) -> Option<u32> {
    let per_instance = capacity * target;
    if !(per_instance > 0.0 && per_instance.is_finite() && demand.is_finite()) {
        return None;
    }
    Some((demand.max(0.0) / per_instance - 1e-9).ceil().clamp(0.0, 1e6) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_fit_adds_no_instance() {
        assert_eq!(instances_for(160.0, 100.0, 0.8), Some(2));
        assert_eq!(instances_for(160.1, 100.0, 0.8), Some(3));
        assert_eq!(instances_for(0.0, 100.0, 0.8), Some(0));
    }

    #[test]
    fn the_record_says_target_and_lead_time_of_then() {
        let mut plan = Plan {
            at: crate::domain::at_epoch(0),
            policy: "capacity".into(),
            from: 1,
            want: 2,
            unheld: None,
            reasons: Vec::new(),
            basis: None,
            reactive: None,
            inputs: None,
        };
        assert_eq!((plan.target(), plan.lead()), (None, None));
        plan.inputs = Some(Box::new(PlanInputs { lead: 200, ..PlanInputs::default() }));
        assert_eq!((plan.target(), plan.lead()), (Some(0.8), Some(500)), "with one cycle");
        plan.basis = Some(Basis {
            model: "blend".into(),
            risk: 0.95,
            demand: 1.0,
            binding: plan.at,
            capacity: 1.0,
            target: 0.7,
            lead: 480,
            events: Vec::new(),
        });
        assert_eq!(plan.lead(), Some(480));
        plan.inputs = None;
        assert_eq!(plan.target(), Some(0.7));
    }

    #[test]
    fn a_quantile_is_named_in_percent() {
        assert_eq!([0.95, 0.9731, 0.995].map(percentile), ["p95", "p97.3", "p99.5"]);
    }

    #[test]
    fn invalid_numbers_need_none() {
        assert_eq!(instances_for(f64::NAN, 100.0, 0.8), None);
        assert_eq!(instances_for(10.0, 0.0, 0.8), None);
        assert_eq!(instances_for(10.0, 100.0, -1.0), None);
    }
}
