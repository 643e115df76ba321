//! A capacity that never changes: what the group has now. For comparison with doing nothing.

use super::{PlanContext, PolicyRule, held};
use crate::domain::plan::Plan;

/// What the list of policies says of it.
pub const RULE: PolicyRule = PolicyRule { name: "fixed", forecasts: false, hold: |_| 0, plan };

/// The desired capacity of now.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    Some(held(context, context.group.desired, "the capacity is fixed".into()))
}

#[cfg(test)]
mod tests {
    use crate::plan::{
        Policy,
        fixture::{Scene, group},
    };

    #[test]
    fn keeps_what_there_is_at_any_load() {
        let want = |load| Scene { policy: Policy::Fixed, load, ..Scene::of(group(4, 4)) }.plan().want;
        assert_eq!((want(1.0), want(10_000.0)), (4, 4));
    }
}
