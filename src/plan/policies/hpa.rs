//! The Horizontal Pod Autoscaler of Kubernetes, on instances: target tracking with a tolerance around the target.

use super::{PlanContext, PolicyRule, held, target_tracking, utilisation};
use crate::domain::{Seconds, plan::Plan};

/// What the list of policies says of it.
pub const RULE: PolicyRule = PolicyRule { name: "hpa", forecasts: false, hold: |_| HOLD, plan };

/// `--horizontal-pod-autoscaler-downscale-stabilization` of Kubernetes.
const HOLD: Seconds = 300;
/// `--horizontal-pod-autoscaler-tolerance` of Kubernetes: no change while the ratio is this near to one.
const TOLERANCE: f64 = 0.1;

/// `ceil(in service × utilisation ÷ target)`, but nothing while utilisation ÷ target is near one.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let ratio = utilisation(context)? / context.settings.tracking_target;
    let near = (ratio - 1.0).abs() <= TOLERANCE;
    let need = if near { context.group.desired } else { target_tracking::need(context)? };
    Some(held(context, need, target_tracking::reason(context, need)?))
}

#[cfg(test)]
mod tests {
    use crate::plan::{
        Policy,
        fixture::{Scene, group},
    };

    #[test]
    fn leaves_the_group_alone_within_its_tolerance() {
        let want = |policy, load| Scene { policy, load, ..Scene::of(group(4, 4)) }.plan().want;
        assert_eq!(want(Policy::Hpa, 219.0), 4);
        assert_eq!(want(Policy::TargetTracking, 219.0), 5);
        assert_eq!(want(Policy::Hpa, 221.0), 5);
        assert_eq!(want(Policy::Hpa, 100.0), 2);
    }
}
