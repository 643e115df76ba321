//! The Horizontal Pod Autoscaler of Kubernetes, on instances, with its default behaviour.
//!
//! From kubernetes.io, "Horizontal Pod Autoscaling": the algorithm's details, and `behavior` where nothing is written there. Up:
//! no stabilisation; pods that are not ready count as idle, and where that turns the decision round, nothing is done. Down: the
//! highest recommendation of the last five minutes. The limits of `behavior` are per 15 s (twice as many or four more; all may
//! go), of which four lie between two looks: CPU ends at 100 %, so they bind nowhere above a target of 7 %.

use super::{PlanContext, PolicyRule, by_cpu, held};
use crate::domain::{Seconds, plan::Plan};

/// What the list of policies says of it.
pub const RULE: PolicyRule = PolicyRule { name: "hpa", forecasts: false, hold: |_| HOLD, plan };

/// `behavior.scaleDown.stabilizationWindowSeconds` where nothing is written.
const HOLD: Seconds = 300;
/// `--horizontal-pod-autoscaler-tolerance` of Kubernetes: no change while the ratio is this near to one.
const TOLERANCE: f64 = 0.1;

/// `ceil(in service × CPU ÷ target)`, but nothing while CPU ÷ target is near one.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let target = context.settings.tracking_target;
    let (desired, serving) = (context.group.desired, context.group.in_service());
    let cpu = *context.cpu.first()?;
    let ratio = cpu / (100.0 * target);
    let of_all = ratio * f64::from(serving) / f64::from(desired.max(serving).max(1));
    let stays = |ratio: f64| (ratio - 1.0).abs() <= TOLERANCE;
    let turns = ratio > 1.0 && (stays(of_all) || of_all < 1.0);
    let (exact, percent) = (by_cpu(context, target)?, 100.0 * target);
    let (need, why) = match () {
        () if stays(ratio) => (desired, format!(", within the tolerance of {percent:.0} %")),
        () if turns => (desired, format!("; what is starting takes it to {percent:.0} % or near")),
        () => (exact, format!("; at {percent:.0} % that needs {exact}")),
    };
    Some(held(context, need, format!("CPU is {cpu:.0} %{why}")))
}

#[cfg(test)]
mod tests {
    use crate::plan::{
        Policy,
        fixture::{Scene, group},
    };

    fn want(desired: u32, in_service: u32, load: f64) -> u32 {
        Scene { policy: Policy::Hpa, load, ..Scene::of(group(desired, in_service)) }.plan().want
    }

    #[test]
    fn leaves_the_group_alone_within_its_tolerance() {
        assert_eq!([219.0, 221.0, 100.0].map(|load| want(4, 4, load)), [4, 5, 2]);
    }

    #[test]
    fn instances_that_start_count_as_idle() {
        assert_eq!(want(4, 3, 210.0), 4, "70 % of three is 52 % of four: within the tolerance");
        assert_eq!(want(6, 3, 250.0), 6, "83 % of three is 42 % of six: the other way");
        assert_eq!(want(4, 3, 290.0), 6);
        assert_eq!(want(4, 4, 900.0), 8, "CPU ends at 100 %");
    }
}
