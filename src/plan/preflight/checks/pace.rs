//! How often? Limits of pace hold scale-in; capacity that is needed is refused by none but its own cooldown.

use super::{PreflightContext, Verdict, adds, block, removes};
use crate::domain::{Seconds, Time};

/// Seconds between two changes, by direction.
pub fn cooldown(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let (last, wait) = match () {
        () if adds(to, c) => (c.pace.last_out, c.limits.cooldown_out),
        () if removes(to, c) => (c.pace.last_out.max(c.pace.last_in), c.limits.cooldown_in),
        () => return Verdict::Pass,
    };
    let since = |last: Time| -> Seconds { (c.now - last).num_seconds() };
    match last.map(since) {
        Some(age) if age < wait => block(format!("{age} s since the last change, cooldown {wait} s")),
        _ => Verdict::Pass,
    }
}

/// Changes an hour.
pub fn rate(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let (made, most) = (c.pace.actions, c.limits.actions_per_hour);
    if removes(to, c) && made >= most {
        return block(format!("{made} changes during the last hour, {most} allowed"));
    }
    Verdict::Pass
}

/// Changes of direction an hour: a group that goes up and down stays up.
pub fn flip_flop(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let (made, most) = (c.pace.reversals, c.limits.reversals_per_hour);
    if removes(to, c) && made >= most {
        return block(format!("the direction changed {made} times within an hour, {most} allowed"));
    }
    Verdict::Pass
}

/// Calls a minute: AWS counts those of all tools together, so what may wait does.
pub fn budget(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let (made, most) = (c.pace.calls, c.limits.calls_per_minute);
    if removes(to, c) && made > most {
        return block(format!("{made} API calls during the last minute, {most} allowed"));
    }
    Verdict::Pass
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::shift,
        plan::preflight::{
            Pace,
            checks::tests::{blocker, context, quiet},
        },
    };

    #[test]
    fn cooldowns_hold_their_direction() {
        let (g, mut l) = quiet();
        (l.cooldown_in, l.cooldown_out) = (300, 60);
        let mut c = context(&g, &l);
        c.pace.last_out = Some(shift(c.now, -59));
        assert_eq!(blocker(5, &c).as_deref(), Some("cooldown"));
        c.pace.last_out = Some(shift(c.now, -299));
        assert_eq!(blocker(5, &c), None);
        assert_eq!(blocker(3, &c).as_deref(), Some("cooldown"));
        c.pace.last_out = Some(shift(c.now, -300));
        assert_eq!(blocker(3, &c), None);
    }

    #[test]
    fn what_is_counted_by_the_hour_and_the_minute_holds_scale_in() {
        let (g, l) = quiet();
        let quiet = context(&g, &l);
        for (name, pace) in [
            ("actions per hour", Pace { actions: l.actions_per_hour, ..Pace::default() }),
            ("no flip-flop", Pace { reversals: l.reversals_per_hour, ..Pace::default() }),
            ("API budget", Pace { calls: l.calls_per_minute + 1, ..Pace::default() }),
        ] {
            let busy = super::PreflightContext { pace, ..quiet };
            assert_eq!(blocker(3, &busy).as_deref(), Some(name));
            assert_eq!(blocker(5, &busy), None, "{name}");
        }
    }
}
