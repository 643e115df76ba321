//! Who else changes the group? Fights are seen before they begin.

use super::{PreflightContext, Verdict, block, removes};
use crate::domain::{
    Seconds,
    actuator::Actuator,
    group::{PolicyKind, SCHEDULE_PREFIX},
};

/// Seconds before a scheduled action of somebody else in which nothing is taken away.
const NEAR: Seconds = 120;

/// Where the policies are unknown one of them may size the group, and SetDesiredCapacity would fight with it. Where the
/// operator chose no actuator, what is needed comes by MinSize meanwhile, which is right either way.
pub fn policies_known(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match c.group.policies.why() {
        Some(why) if c.scaling.actuator == Actuator::Desired && to != c.group.desired => block(format!(
            "AWS's scaling policies could not be read, and one may size the group; use actuator = \"floor\": {why}"
        )),
        _ => Verdict::Pass,
    }
}

/// A policy of AWS would undo what is set beside it. Where the floor is moved there is no fight: the policy stays in
/// charge above it.
pub fn policies(to: u32, c: &PreflightContext<'_>) -> Verdict {
    if c.scaling.actuator != Actuator::Desired || to == c.group.desired {
        return Verdict::Pass;
    }
    for policy in c.group.policies.items().iter().filter(|p| p.enabled) {
        match policy.kind {
            PolicyKind::Predictive => {
                return block(format!(
                    "AWS's predictive policy “{}” sizes the group; use actuator = \"floor\"",
                    policy.name
                ));
            }
            PolicyKind::TargetTracking { target, scale_in_disabled: false } if removes(to, c) => {
                return block(format!(
                    "target tracking “{}” ({target:.0} %) scales in automatically; use actuator = \"floor\"",
                    policy.name
                ));
            }
            PolicyKind::TargetTracking { .. } | PolicyKind::Step => {}
        }
    }
    Verdict::Pass
}

/// Two minutes before somebody else's scheduled action nothing is taken away: it would overwrite the change.
pub fn schedules(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let near = |at: crate::domain::Time| (0..=NEAR).contains(&(at - c.now).num_seconds());
    let others = c.group.schedules.items().iter().filter(|s| !s.name.starts_with(SCHEDULE_PREFIX));
    match others.filter(|s| near(s.at)).min_by_key(|s| s.at) {
        Some(action) if to != c.group.desired => {
            let left = (action.at - c.now).num_seconds();
            block(format!("the scheduled action “{}” fires in {left} s", action.name))
        }
        _ => Verdict::Pass,
    }
}

/// Where several processes share a fleet, only the one that holds the group's lease changes it.
pub fn lease(_: u32, c: &PreflightContext<'_>) -> Verdict {
    c.others.no_lease.map_or(Verdict::Pass, |why| block(why.to_owned()))
}

/// What somebody else changed is not reversed for a while: they may know something.
pub fn foreign(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let Some(change) = c.others.foreign else { return Verdict::Pass };
    let left = c.limits.yield_for - (c.now - change.at).num_seconds();
    let reverses = if change.to > change.from { removes(to, c) } else { to > c.group.desired };
    if left <= 0 || !reverses {
        return Verdict::Pass;
    }
    let (from, to) = (change.from, change.to);
    block(format!(
        "changed outside prescale {from} → {to}; not reversed for another {} min",
        (left + 59) / 60
    ))
}

/// A group with the tag `prescale:owner` belongs to the installation that it names.
pub fn owner(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match &c.group.owner {
        Some(owner) if *owner != c.limits.owner && to != c.group.desired => block(format!(
            "the tag prescale:owner assigns the group to “{owner}”; this is “{}”",
            c.limits.owner
        )),
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{
            actuator::Actuator,
            group::{PolicyKind, ScalingPolicy, ScheduledAction},
            reading::Reading,
            shift,
        },
        plan::preflight::{
            Foreign, Limits, PreflightContext, ScaleOutHold,
            checks::tests::{blocker, context, quiet},
        },
    };

    fn policy(kind: PolicyKind) -> ScalingPolicy {
        ScalingPolicy { name: "cpu".into(), kind, enabled: true }
    }

    #[test]
    fn policies_that_would_revert_stay_in_charge() {
        let (mut g, l) = quiet();
        let tracking = |off| policy(PolicyKind::TargetTracking { target: 50.0, scale_in_disabled: off });
        let fight = Some("no policy conflict");
        let both = Limits { hold_scale_out: vec![ScaleOutHold::Predictive], ..l.clone() };
        for (policy, adds, removes) in [
            (policy(PolicyKind::Predictive), None, fight),
            (tracking(false), None, fight),
            (tracking(true), None, None),
            (policy(PolicyKind::Step), None, None),
            (ScalingPolicy { enabled: false, ..tracking(false) }, None, None),
        ] {
            let predictive = policy.kind == PolicyKind::Predictive;
            g.policies = vec![policy].into();
            let mut c = context(&g, &l);
            assert_eq!(blocker(5, &c).as_deref(), adds);
            assert_eq!(blocker(3, &c).as_deref(), removes);
            let opted = blocker(5, &PreflightContext { limits: &both, ..c });
            assert_eq!(opted.as_deref(), fight.filter(|_| predictive));
            c.scaling.actuator = Actuator::Floor;
            assert_eq!(blocker(3, &c), None, "a floor fights with nobody");
        }
    }

    #[test]
    fn a_desired_capacity_is_not_set_where_a_policy_may_size_the_group() {
        let (mut g, l) = quiet();
        g.policies = Reading::unknown("denied");
        let mut c = context(&g, &l);
        assert_eq!(blocker(5, &c).as_deref(), Some("policies known"));
        assert_eq!(blocker(3, &c).as_deref(), Some("nothing unknown"));
        c.scaling.actuator = Actuator::Floor;
        assert_eq!(blocker(5, &c), None, "a floor is right either way");
        assert_eq!(blocker(3, &c).as_deref(), Some("nothing unknown"));
    }

    #[test]
    fn without_the_lease_a_group_is_left_to_its_holder() {
        let (g, l) = quiet();
        let mut c = context(&g, &l);
        assert_eq!(blocker(5, &c), None, "nothing is shared");
        c.others.no_lease = Some("ops2 (pid 7) holds lease 12");
        assert_eq!(blocker(5, &c).as_deref(), Some("lease"));
    }

    #[test]
    fn a_foreign_scheduled_action_blocks_for_two_minutes() {
        let (mut g, l) = quiet();
        let now = context(&g, &l).now;
        let mut block = |name: &str, seconds| {
            let at = shift(now, seconds);
            let action = ScheduledAction { name: name.into(), at, min: None, max: None, desired: Some(9) };
            g.schedules = vec![action].into();
            assert_eq!(blocker(5, &context(&g, &l)), None, "what is needed is added");
            let both = Limits { hold_scale_out: vec![ScaleOutHold::Schedule], ..l.clone() };
            let (removes, opted) = (blocker(3, &context(&g, &l)), blocker(5, &context(&g, &both)));
            assert_eq!(removes, opted);
            removes
        };
        assert_eq!(block("evening", 120).as_deref(), Some("no scheduled action imminent"));
        assert_eq!(
            [block("evening", 121), block("evening", -1), block("prescale-floor", 60)],
            [None, None, None]
        );
    }

    #[test]
    fn a_foreign_change_is_not_reverted_for_a_while() {
        let (g, l) = quiet();
        let mut c = context(&g, &l);
        let up = Foreign { at: shift(c.now, -599), from: 2, to: 4 };
        c.others.foreign = Some(&up);
        assert_eq!(blocker(3, &c).as_deref(), Some("no foreign change reverted"));
        assert_eq!(blocker(5, &c), None);
        let down = Foreign { from: 9, ..up };
        c.others.foreign = Some(&down);
        assert_eq!((blocker(5, &c), blocker(3, &c)), (None, None), "what is needed is added");
        let both = Limits { hold_scale_out: vec![ScaleOutHold::Foreign], ..l.clone() };
        c.limits = &both;
        assert_eq!(blocker(5, &c).as_deref(), Some("no foreign change reverted"));
        assert_eq!(blocker(3, &c), None);
        c.now = shift(c.now, 1);
        assert_eq!(blocker(5, &c), None);
    }

    #[test]
    fn a_group_of_another_owner_is_left_alone() {
        let (mut g, l) = quiet();
        g.owner = Some("berlin".into());
        assert_eq!(blocker(5, &context(&g, &l)).as_deref(), Some("owner"));
        g.owner = Some(l.owner.clone());
        assert_eq!(blocker(5, &context(&g, &l)), None);
    }
}
