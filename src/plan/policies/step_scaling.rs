//! An AWS step scaling policy: the further the CPU of now is from its bounds, the larger the step.
//!
//! Its bounds, steps and alarms are the operator's own in AWS; these are usual ones, with the points that target tracking's
//! alarms have. Instances that are still starting count as
//! part of a step (Amazon EC2 Auto Scaling User Guide, "Step and simple scaling policies", instance warmup), so an alarm
//! that goes on adds nothing before they serve.

use super::{PlanContext, PolicyRule, held, is_starting, stays_above, stays_below};
use crate::domain::plan::Plan;

/// What the list of policies says of it.
pub const RULE: PolicyRule = PolicyRule { name: "step-scaling", forecasts: false, hold: |_| 0, plan };

/// Utilisation above which a share of the group is added.
const ADD: [(f64, f64); 3] = [(0.9, 0.3), (0.8, 0.2), (0.7, 0.1)];
/// Utilisation below which a share of the group is removed.
const REMOVE: [(f64, f64); 2] = [(0.3, 0.2), (0.4, 0.1)];

/// Adds 10, 20 or 30 % above 70, 80 or 90 %; removes 10 or 20 % below 40 or 30 %; at least one instance.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let cpu = *context.cpu.first()?;
    let used = cpu / 100.0;
    let (desired, serving) = (context.group.desired, context.group.in_service());
    let add = ADD.iter().find(|(bound, _)| used > *bound).map(|(_, share)| *share);
    let remove = REMOVE.iter().find(|(bound, _)| used < *bound).map(|(_, share)| *share);
    let (high, low) = (stays_above(context, ADD[2].0), stays_below(context, REMOVE[1].0));
    let need = match (add.filter(|_| high), remove.filter(|_| low && !is_starting(context))) {
        (Some(share), _) => desired.max(serving + step(serving, share, f64::ceil)),
        (_, Some(share)) => desired.saturating_sub(step(desired, share, f64::floor)),
        _ => desired,
    };
    Some(held(context, need, format!("CPU is {cpu:.0} %; the steps begin above 70 % and below 40 %")))
}

/// `share` of `size` in whole instances, at least one.
fn step(size: u32, share: f64, round: impl Fn(f64) -> f64) -> u32 {
    (round(f64::from(size) * share) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use crate::plan::{
        Policy,
        fixture::{Scene, group},
    };

    #[test]
    fn the_steps_grow_with_the_distance() {
        let want = |desired, load, cpu| {
            let group = group(desired, 10);
            Scene { policy: Policy::StepScaling, load, cpu, ..Scene::of(group) }.plan().want
        };
        let wants = [950.0, 850.0, 750.0, 600.0, 350.0, 250.0].map(|load| want(10, load, None));
        assert_eq!(wants, [13, 12, 11, 10, 9, 8]);
        assert_eq!(want(13, 950.0, None), 13, "what is starting counts as part of the step");
        assert_eq!(want(13, 350.0, None), 13, "nothing goes while something is starting");
        assert_eq!(want(10, 0.0, Some(vec![35.0; 14])), 10, "fourteen points are no alarm");
        assert_eq!(want(10, 0.0, Some(vec![95.0, 95.0, 60.0])), 10, "nor are two");
    }
}
