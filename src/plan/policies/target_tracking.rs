//! An AWS target-tracking policy: the CPU of now is held near a target.

use super::{PlanContext, PolicyRule, held};
use crate::domain::{
    Seconds,
    plan::{Plan, instances_for},
};

/// What the list of policies says of it.
pub const RULE: PolicyRule = PolicyRule { name: "target-tracking", forecasts: false, hold: |_| HOLD, plan };

/// It adds at once and removes only what was not needed for this long: the low alarm that AWS makes for a target-tracking
/// policy watches 15 minutes (Amazon EC2 Auto Scaling User Guide, "Target tracking scaling policies").
pub const HOLD: Seconds = 900;

/// `ceil(in service × utilisation ÷ target)`, held on the way down.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let need = need(context)?;
    Some(held(context, need, reason(context, need)?))
}

/// Instances that the load of now needs at the target.
pub(super) fn need(context: &PlanContext<'_>) -> Option<u32> {
    instances_for(context.load?, context.capacity?, context.settings.tracking_target)
}

/// Why it is `need`.
pub(super) fn reason(context: &PlanContext<'_>, need: u32) -> Option<String> {
    let target = context.settings.tracking_target;
    let serves = context.capacity? * target;
    let load = context.load?;
    let share = 100.0 * target;
    Some(format!("the load now is {load:.0}; at {share:.0} % ({serves:.0} per instance) that needs {need}"))
}

#[cfg(test)]
mod tests {
    use crate::plan::{
        Policy,
        fixture::{Scene, group},
    };

    #[test]
    fn follows_the_load_and_holds_on_the_way_down() {
        let scene = |load, recent_most| {
            Scene { policy: Policy::TargetTracking, load, recent_most, ..Scene::of(group(4, 4)) }.plan()
        };
        assert_eq!(scene(310.0, None).want, 7);
        let down = scene(60.0, Some(3));
        assert_eq!((down.want, down.unheld), (3, Some(2)));
        assert!(down.reasons[0].contains("last 15 min"), "{:?}", down.reasons);
        assert_eq!(scene(310.0, Some(9)).want, 7, "the hold adds nothing");
    }
}
