//! An AWS step scaling policy: the further the CPU of now is from its bounds, the larger the step.
//!
//! Its bounds and steps are the operator's own in AWS; these are usual ones. Instances that are still starting count as
//! part of a step (Amazon EC2 Auto Scaling User Guide, "Step and simple scaling policies", instance warmup), so an alarm
//! that goes on adds nothing before they serve.

use super::{PlanContext, PolicyRule, held, utilisation};
use crate::domain::{Seconds, plan::Plan};

/// What the list of policies says of it.
pub const RULE: PolicyRule = PolicyRule { name: "step-scaling", forecasts: false, hold: |_| HOLD, plan };

/// An alarm on low CPU watches this long.
const HOLD: Seconds = 900;
/// Utilisation above which a share of the group is added.
const ADD: [(f64, f64); 3] = [(0.9, 0.3), (0.8, 0.2), (0.7, 0.1)];
/// Utilisation below which a share of the group is removed.
const REMOVE: [(f64, f64); 2] = [(0.3, 0.2), (0.4, 0.1)];

/// Adds 10, 20 or 30 % above 70, 80 or 90 %; removes 10 or 20 % below 40 or 30 %; at least one instance.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let used = utilisation(context)?;
    let (desired, serving) = (context.group.desired, context.group.in_service());
    let add = ADD.iter().find(|(bound, _)| used > *bound).map(|(_, share)| *share);
    let remove = REMOVE.iter().find(|(bound, _)| used < *bound).map(|(_, share)| *share);
    let need = match (add, remove) {
        (Some(share), _) => desired.max(serving + step(serving, share, f64::ceil)),
        (_, Some(share)) if serving >= desired => desired.saturating_sub(step(desired, share, f64::floor)),
        _ => desired,
    };
    let used = 100.0 * used;
    Some(held(context, need, format!("CPU is {used:.0} %; the steps begin above 70 % and below 40 %")))
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
        let scene = |desired, load, recent_most| {
            let group = group(desired, 10);
            Scene { policy: Policy::StepScaling, load, recent_most, ..Scene::of(group) }.plan()
        };
        let wants = [950.0, 850.0, 750.0, 600.0, 350.0, 250.0].map(|load| scene(10, load, None).want);
        assert_eq!(wants, [13, 12, 11, 10, 9, 8]);
        assert_eq!(scene(13, 950.0, None).want, 13, "what is starting counts as part of the step");
        assert_eq!(scene(13, 350.0, None).want, 13, "nothing goes while something is starting");
        let down = scene(10, 350.0, Some(10));
        assert_eq!((down.want, down.unheld), (10, Some(9)));
    }
}
