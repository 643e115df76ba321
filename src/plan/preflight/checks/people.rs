//! What did people say?

use super::{PreflightContext, Verdict, block, removes};
use crate::domain::event::EventKind;

/// While a change freeze of the calendar holds, nothing is changed.
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
        return block(
            "the incident brake is on: scale-in is frozen for all groups until it is released".into(),
        );
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
        domain::event::EventKind,
        plan::preflight::checks::tests::{blocker, context, event, quiet},
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
        assert_eq!(blocker(6, &c).as_deref(), Some("not frozen by the calendar"));
    }
}
