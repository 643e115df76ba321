//! An AWS target-tracking policy: the group's CPU is held near a target, by the two alarms that AWS makes for it.
//!
//! The upper alarm waits for three minutes above the target, the lower one for fifteen that are more than a tenth below it. Out
//! it goes at once and in proportion; in only while nothing is starting, so that the metric speaks of all that was ordered
//! (Amazon EC2 Auto Scaling User Guide, "Target tracking scaling policies for Amazon EC2 Auto Scaling", considerations and
//! instance warmup). CPU ends at 100 %, so a group that is overloaded grows by no more than 1 ÷ target at a time.

use super::{HIGH, LOW, PlanContext, PolicyRule, by_cpu, held, is_starting, stays_above, stays_below};
use crate::domain::{Seconds, plan::Plan};

/// What the list of policies says of it. The lower alarm is its hold.
pub const RULE: PolicyRule = PolicyRule { name: "target-tracking", forecasts: false, hold: |_| 0, plan };

/// Seconds that the lower alarm waits, for the simulated group of the scorecard.
pub const HOLD: Seconds = 60 * LOW as Seconds;
/// Share of the target below which the lower alarm counts a minute.
const BELOW: f64 = 0.9;

/// `ceil(in service × CPU ÷ target)` where an alarm says so.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let need = need(context)?;
    Some(held(context, need, reason(context)?))
}

/// Instances that the policy asks for.
pub(super) fn need(context: &PlanContext<'_>) -> Option<u32> {
    let (target, desired) = (context.settings.tracking_target, context.group.desired);
    let need = by_cpu(context, target)?;
    Some(match () {
        () if stays_above(context, target) => need.max(desired),
        () if stays_below(context, BELOW * target) && !is_starting(context) => need.min(desired),
        () => desired,
    })
}

/// Why it is that.
pub(super) fn reason(context: &PlanContext<'_>) -> Option<String> {
    let (cpu, target) = (context.cpu.first()?, 100.0 * context.settings.tracking_target);
    let low = BELOW * target;
    Some(format!(
        "CPU is {cpu:.0} %; its alarms are {HIGH} points above {target:.0} % and {LOW} below {low:.0} %"
    ))
}

#[cfg(test)]
mod tests {
    use crate::plan::{
        Policy,
        fixture::{Scene, group},
    };

    /// What is wanted for 4 instances after these points of CPU, the newest first, and then as many as are needed of the last.
    fn want(in_service: u32, cpu: &[f64]) -> u32 {
        let last = *cpu.last().expect("a point");
        let cpu = cpu.iter().copied().chain(std::iter::repeat(last)).take(15).collect();
        let scene = Scene { cpu: Some(cpu), ..Scene::of(group(4, in_service)) };
        Scene { policy: Policy::TargetTracking, ..scene }.plan().want
    }

    #[test]
    fn it_goes_out_after_three_minutes_above_the_target_and_in_proportion() {
        assert_eq!(want(4, &[77.0, 77.0, 77.0, 40.0]), 7);
        assert_eq!(want(4, &[77.0, 77.0, 50.0]), 4, "two minutes above are no alarm");
        assert_eq!(want(4, &[100.0]), 8, "CPU ends at 100 %");
        assert_eq!(want(2, &[60.0]), 4, "what was ordered is not taken back");
    }

    #[test]
    fn it_goes_in_after_a_quarter_of_an_hour_clearly_below_with_nothing_starting() {
        assert_eq!(want(4, &[20.0]), 2);
        assert_eq!(want(4, &[46.0]), 4, "a tenth below the target is no alarm");
        assert_eq!(want(3, &[20.0]), 4, "an instance is starting");
        let late = [&[20.0; 14][..], &[46.0]].concat();
        assert_eq!(want(4, &late), 4, "fourteen minutes are no alarm");
    }
}
