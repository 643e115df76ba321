//! Two reactive policies that hold CPU near a target, kept for comparison: they see the load of now, no forecast.

use super::Situation;
use crate::domain::{
    Seconds,
    plan::{Plan, instances_for},
};

/// Target tracking adds at once and removes only what was not needed for this long: the low alarm that AWS makes
/// for a target-tracking policy watches 15 minutes (Amazon EC2 Auto Scaling User Guide, "Target tracking").
pub const TRACKING_HOLD: Seconds = 900;
/// `--horizontal-pod-autoscaler-downscale-stabilization` of Kubernetes.
pub const HPA_HOLD: Seconds = 300;
/// `--horizontal-pod-autoscaler-tolerance` of Kubernetes: no change while the ratio is this near to one.
const HPA_TOLERANCE: f64 = 0.1;

/// `ceil(in service × utilisation ÷ target)`, held on the way down.
pub fn target_tracking(situation: &Situation<'_>) -> Option<Plan> {
    let need = instances_for(situation.load?, situation.capacity?, situation.settings.tracking_target)?;
    held(situation, need)
}

/// As the Horizontal Pod Autoscaler of Kubernetes: target tracking with a tolerance around the target.
pub fn hpa(situation: &Situation<'_>) -> Option<Plan> {
    let (load, capacity) = (situation.load?, situation.capacity?);
    let target = situation.settings.tracking_target;
    let serving = situation.group.in_service().max(1);
    let ratio = load / (f64::from(serving) * capacity * target);
    let near = (ratio - 1.0).abs() <= HPA_TOLERANCE;
    let need = if near { situation.group.desired } else { instances_for(load, capacity, target)? };
    held(situation, need)
}

/// Goes to `need`, but on the way down not below the most that was wanted during the policy's hold.
fn held(situation: &Situation<'_>, need: u32) -> Option<Plan> {
    let settings = situation.settings;
    let from = situation.group.desired;
    let held = situation.recent_most.filter(|most| *most > need && need < from);
    let serves = situation.capacity? * settings.tracking_target;
    let mut reasons = vec![format!(
        "the load now is {:.0}; at {:.0} % ({serves:.0} an instance) that needs {need}",
        situation.load?,
        100.0 * settings.tracking_target
    )];
    if let Some(most) = held {
        let minutes = settings.policy.hold(settings) / 60;
        reasons.insert(0, format!("{most} were needed within the last {minutes} min: not below that yet"));
    }
    Some(Plan {
        at: situation.now,
        policy: settings.policy.name().into(),
        from,
        want: held.unwrap_or(need),
        unheld: held.map(|_| need),
        reasons,
        basis: None,
        reactive: super::reactive(situation),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{at_epoch, group::GroupState},
        plan::{Policy, Settings, fixture::group},
    };

    /// What `policy` makes of `load` on instances that serve 100 each, for a target of 50 %.
    fn plan(policy: Policy, group: &GroupState, load: f64, recent_most: Option<u32>) -> Plan {
        let settings = Settings { policy, ..Settings::default() };
        let situation = Situation {
            now: at_epoch(0),
            cycle_due: false,
            group,
            forecast: None,
            load: Some(load),
            capacity: Some(100.0),
            lead: 300,
            events: &[],
            recent_most,
            settings: &settings,
        };
        policy.plan(&situation).expect("load and capacity are known")
    }

    #[test]
    fn target_tracking_follows_the_load_and_holds_on_the_way_down() {
        let four = group(4, 4);
        assert_eq!(plan(Policy::TargetTracking, &four, 310.0, None).want, 7);
        let down = plan(Policy::TargetTracking, &four, 60.0, Some(3));
        assert_eq!((down.want, down.unheld), (3, Some(2)));
        assert!(down.reasons[0].contains("last 15 min"), "{:?}", down.reasons);
        assert_eq!(plan(Policy::TargetTracking, &four, 310.0, Some(9)).want, 7, "the hold adds nothing");
    }

    #[test]
    fn hpa_leaves_the_group_alone_within_its_tolerance() {
        let four = group(4, 4);
        assert_eq!(plan(Policy::Hpa, &four, 219.0, None).want, 4);
        assert_eq!(plan(Policy::TargetTracking, &four, 219.0, None).want, 5);
        assert_eq!(plan(Policy::Hpa, &four, 221.0, None).want, 5);
        assert_eq!(plan(Policy::Hpa, &four, 100.0, None).want, 2);
    }
}
