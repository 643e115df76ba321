//! May what is known be believed? What cannot be believed never scales in; it may still add, because too many is
//! the safer mistake.

use super::{PreflightContext, Verdict, block, removes};
use crate::domain::Seconds;

/// Seconds after which a look at the group is too old to act on in either direction.
const LOOK: Seconds = 180;

/// Stale data never scale in.
pub fn freshness(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match c.data.age {
        Some(age) if age <= c.limits.max_data_age => Verdict::Pass,
        _ if !removes(to, c) => Verdict::Pass,
        Some(age) => block(format!(
            "the newest load is {} min old, scale-in requires at most {} min",
            age / 60,
            c.limits.max_data_age / 60
        )),
        None => block("no load data yet".into()),
    }
}

/// A group that could not be read lately is not changed at all: its bounds and activities are not known.
pub fn seen(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let age = (c.now - c.group.seen_at).num_seconds();
    if to != c.group.desired && age > LOOK {
        return block(format!("the group was last read {age} s ago, at most {LOOK} s are trusted"));
    }
    Verdict::Pass
}

/// What could not be read is no sign that nothing is there: a refresh may run, a launch may be under way, a target may fail.
pub fn unknown(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let unknown = c.group.unknown();
    match unknown.first() {
        Some((_, why)) if removes(to, c) => {
            let what: Vec<&str> = unknown.iter().map(|(what, _)| *what).collect();
            block(format!("could not be read: {}; no scale-in on what is unknown: {why}", what.join(", ")))
        }
        _ => Verdict::Pass,
    }
}

/// After a jump of the clock the newest data may be of another time: waiting one cycle.
pub fn clock(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match c.data.clock_jump {
        Some(gap) if removes(to, c) => {
            let way = if gap < 0 { "back" } else { "ahead" };
            block(format!("the clock jumped {way} by {} min; waiting one cycle", gap.abs() / 60))
        }
        _ => Verdict::Pass,
    }
}

/// A model that is worse than seasonal-naive, or whose band does not cover, scales nothing in.
pub fn model(to: u32, c: &PreflightContext<'_>) -> Verdict {
    match c.data.sick_model {
        Some(why) if removes(to, c) => block(why.to_owned()),
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{group::GroupState, reading::Reading, shift},
        plan::preflight::checks::tests::{blocker, context, quiet},
    };

    #[test]
    fn stale_data_do_not_scale_in() {
        let (g, l) = quiet();
        let mut c = context(&g, &l);
        for age in [Some(1_201), None] {
            c.data.age = age;
            assert_eq!(blocker(3, &c).as_deref(), Some("data fresh"));
            assert_eq!(blocker(5, &c), None);
        }
    }

    #[test]
    fn a_group_not_read_lately_is_not_changed() {
        let (mut g, l) = quiet();
        g.seen_at = shift(context(&g, &l).now, -181);
        let c = context(&g, &l);
        assert_eq!(blocker(3, &c).as_deref(), Some("group seen"));
        assert_eq!(blocker(5, &c).as_deref(), Some("group seen"));
        assert_eq!(blocker(4, &c), None);
    }

    #[test]
    fn what_could_not_be_read_holds_scale_in_and_nothing_else() {
        let unknown: [fn(&mut GroupState); 4] = [
            |g| g.activities = Reading::unknown("denied"),
            |g| g.refresh = Reading::unknown("denied"),
            |g| g.schedules = Reading::unknown("denied"),
            |g| g.target_health = Reading::unknown("denied"),
        ];
        for spoil in unknown {
            let (mut g, l) = quiet();
            spoil(&mut g);
            let c = context(&g, &l);
            assert_eq!(blocker(3, &c).as_deref(), Some("nothing unknown"), "{:?}", g.unknown());
            assert_eq!((blocker(4, &c), blocker(5, &c)), (None, None), "{:?}", g.unknown());
        }
    }

    #[test]
    fn a_clock_jump_and_an_unhealthy_model_hold_scale_in() {
        let (g, l) = quiet();
        let mut c = context(&g, &l);
        c.data.clock_jump = Some(-3_600);
        assert_eq!(blocker(3, &c).as_deref(), Some("clock steady"));
        assert_eq!(blocker(5, &c), None);
        c.data.clock_jump = None;
        c.data.sick_model = Some("its band covered 60 %");
        assert_eq!(blocker(3, &c).as_deref(), Some("model healthy"));
        assert_eq!(blocker(5, &c), None);
    }
}
