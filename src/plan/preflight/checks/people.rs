//! What did people say?

use super::{PreflightContext, Verdict, block, removes};
use crate::domain::event::EventKind;

/// While a change freeze of the calendar holds, nothing is taken away; capacity that is needed is no change of the service.
pub fn freeze(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match c.events.iter().find(|e| e.kind == EventKind::Freeze && e.covers(c.now)) {
        Some(event) if to != c.group.desired => {
            block(format!("change freeze “{}” until {}", event.name, event.end.format("%d %b %H:%M UTC")))
        }
        _ => Verdict::Pass,
    }
}

/// The brake freezes scale-in everywhere, until an operator releases it.
pub fn brake(to: u32, c: &PreflightContext<'_>) -> Verdict {
    if c.operator.brake && removes(to, c) {
        let own = c.group.acts_by_itself();
        let goes_on =
            if own.is_empty() { String::new() } else { format!("; AWS goes on with {}", own.join(", ")) };
        return block(format!(
            "the incident brake is on: scale-in is frozen for all groups until it is released{goes_on}"
        ));
    }
    Verdict::Pass
}

/// A change that an operator rejected or undid is not made before the numbers move.
pub fn rejected(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match c.operator.rejected {
        Some(no) if no == to => block(format!("an operator rejected {to}; blocked until the plan changes")),
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{
            event::EventKind,
            group::{GroupState, PolicyKind, ScalingPolicy},
            preflight::Verdict,
        },
        plan::preflight::{
            Limits, ScaleOutHold,
            checks::tests::{blocker, context, event, quiet, run},
        },
    };

    #[test]
    fn brake_freeze_and_rejection_block() {
        let (g, l) = quiet();
        let mut c = context(&g, &l);
        c.operator.brake = true;
        assert_eq!(blocker(3, &c).as_deref(), Some("incident brake"));
        assert_eq!(blocker(5, &c), None);
        c.operator.rejected = Some(5);
        assert_eq!(blocker(5, &c).as_deref(), Some("not rejected"));
        assert_eq!(blocker(6, &c), None);
        let freeze = [event(EventKind::Freeze, None, c.now)];
        c.events = &freeze;
        (c.operator.brake, c.operator.rejected) = (false, None);
        assert_eq!(blocker(3, &c).as_deref(), Some("not frozen by the calendar"));
        assert_eq!(blocker(6, &c), None, "what is needed is added");
        let both = Limits { hold_scale_out: vec![ScaleOutHold::Freeze], ..l.clone() };
        c.limits = &both;
        assert_eq!(blocker(6, &c).as_deref(), Some("not frozen by the calendar"));
    }

    #[test]
    fn the_brake_says_what_it_cannot_hold() {
        let (mut g, l) = quiet();
        let policy = |name: &str, kind| ScalingPolicy { name: name.into(), kind, enabled: true };
        let tracking = |off| PolicyKind::TargetTracking { target: 50.0, scale_in_disabled: off };
        let reason = |g: &GroupState| {
            let mut c = context(g, &l);
            c.operator.brake = true;
            let checks = run(3, &c).checks;
            let brake = checks.into_iter().find(|check| check.name == "incident brake");
            match brake.expect("it is in the list").verdict {
                Verdict::Block { reason } => reason,
                other => panic!("the brake is on: {other:?}"),
            }
        };
        g.policies = vec![policy("out", tracking(true)), policy("ml", PolicyKind::Predictive)].into();
        assert!(reason(&g).ends_with("until it is released"), "these scale out alone");
        g.policies = vec![policy("cpu", tracking(false)), policy("steps", PolicyKind::Step)].into();
        assert!(reason(&g).ends_with("; AWS goes on with policy “cpu”, policy “steps”"), "{}", reason(&g));
    }
}
