//! One short function a check, in the order in which they run.

use super::Circumstances;
use crate::domain::{Seconds, Time, event::EventKind, preflight::Verdict};

/// A check: the capacity wanted so far, and what it may look at.
type CheckFn = fn(u32, &Circumstances<'_>) -> Verdict;

/// The list, as the screen shows it.
pub const ALL: &[(&str, CheckFn)] = &[
    ("data fresh", freshness),
    ("within min and max", bounds),
    ("step size", step),
    ("not frozen by the calendar", freeze),
    ("incident brake", brake),
    ("processes not suspended", suspended),
    ("no instance refresh", refresh),
    ("nothing in progress", in_progress),
    ("launches succeed", launches),
    ("scale-in protection", protection),
    ("cooldown", cooldown),
    ("actions an hour", rate),
];

fn block(reason: String) -> Verdict {
    Verdict::Block { reason }
}

fn removes(to: u32, c: &Circumstances<'_>) -> bool {
    to < c.group.desired
}

fn adds(to: u32, c: &Circumstances<'_>) -> bool {
    to > c.group.desired
}

/// Stale data never scale in; they may still add, because too many is the safer mistake.
fn freshness(to: u32, c: &Circumstances<'_>) -> Verdict {
    match c.data_age {
        Some(age) if age <= c.limits.max_data_age => Verdict::Pass,
        _ if !removes(to, c) => Verdict::Pass,
        Some(age) => block(format!(
            "the newest load is {} min old, at most {} min are trusted for scaling in",
            age / 60,
            c.limits.max_data_age / 60
        )),
        None => block("no load has been seen yet".into()),
    }
}

/// Max is never raised, min never lowered.
fn bounds(to: u32, c: &Circumstances<'_>) -> Verdict {
    let allowed = to.clamp(c.group.min.min(c.group.max), c.group.max);
    if allowed == to {
        return Verdict::Pass;
    }
    let bound = if to > allowed { "MaxSize" } else { "MinSize" };
    Verdict::Clamp { to: allowed, reason: format!("{to} wanted, {bound} is {allowed}") }
}

fn step(to: u32, c: &Circumstances<'_>) -> Verdict {
    let from = c.group.desired;
    let (most, cut) = match (c.limits.step_out, c.limits.step_in) {
        (Some(most), _) if to > from.saturating_add(most) => (most, from + most),
        (_, Some(most)) if to < from.saturating_sub(most) => (most, from - most),
        _ => return Verdict::Pass,
    };
    Verdict::Clamp { to: cut, reason: format!("{} at once wanted, {most} allowed", to.abs_diff(from)) }
}

fn freeze(_to: u32, c: &Circumstances<'_>) -> Verdict {
    match c.events.iter().find(|e| e.kind == EventKind::Freeze && e.covers(c.now)) {
        Some(event) => {
            block(format!("change freeze “{}” until {}", event.name, event.end.format("%d %b %H:%M UTC")))
        }
        None => Verdict::Pass,
    }
}

fn brake(to: u32, c: &Circumstances<'_>) -> Verdict {
    if c.brake && removes(to, c) {
        block("scale-in is frozen everywhere by an operator".into())
    } else {
        Verdict::Pass
    }
}

fn suspended(to: u32, c: &Circumstances<'_>) -> Verdict {
    let needed: &[&str] = match () {
        () if adds(to, c) => &["Launch", "AddToLoadBalancer"],
        () if removes(to, c) => &["Terminate"],
        () => &[],
    };
    match needed.iter().find(|p| c.group.is_suspended(p)) {
        Some(process) => block(format!("the process {process} is suspended")),
        None => Verdict::Pass,
    }
}

fn refresh(_to: u32, c: &Circumstances<'_>) -> Verdict {
    match &c.group.refresh {
        Some(refresh) => block(format!("an instance refresh is {} ({} %)", refresh.status, refresh.percent)),
        None => Verdict::Pass,
    }
}

/// A direction is never reversed while launches are under way.
fn in_progress(to: u32, c: &Circumstances<'_>) -> Verdict {
    let pending = c.group.pending();
    if removes(to, c) && pending > 0 {
        return block(format!("{pending} launching: no scale-in until they serve"));
    }
    Verdict::Pass
}

/// After three failed launches in a row more orders only pile up.
fn launches(to: u32, c: &Circumstances<'_>) -> Verdict {
    const MOST: u32 = 3;
    if adds(to, c) && c.failed_launches >= MOST && c.group.desired > c.group.in_service() {
        let missing = c.group.desired - c.group.in_service();
        return block(format!(
            "{} launches failed in a row and {missing} are still missing",
            c.failed_launches
        ));
    }
    Verdict::Pass
}

/// AWS would lower the desired capacity and then terminate nothing.
fn protection(to: u32, c: &Circumstances<'_>) -> Verdict {
    let protected = c.group.protected();
    if !removes(to, c) || to >= protected {
        return Verdict::Pass;
    }
    if protected >= c.group.desired {
        return block(format!("all {protected} instances are protected from scale-in"));
    }
    Verdict::Clamp { to: protected, reason: format!("{protected} instances are protected from scale-in") }
}

fn cooldown(to: u32, c: &Circumstances<'_>) -> Verdict {
    let (last, wait) = match () {
        () if adds(to, c) => (c.last_out, c.limits.cooldown_out),
        () if removes(to, c) => (c.last_out.max(c.last_in), c.limits.cooldown_in),
        () => return Verdict::Pass,
    };
    let since = |last: Time| -> Seconds { (c.now - last).num_seconds() };
    match last.map(since) {
        Some(age) if age < wait => block(format!("{age} s since the last change, {wait} s wanted")),
        _ => Verdict::Pass,
    }
}

/// A limit on changes an hour holds for scaling in; capacity that is needed is never refused by it.
fn rate(to: u32, c: &Circumstances<'_>) -> Verdict {
    if removes(to, c) && c.actions_last_hour >= c.limits.actions_per_hour {
        return block(format!(
            "{} changes during the last hour, {} allowed",
            c.actions_last_hour, c.limits.actions_per_hour
        ));
    }
    Verdict::Pass
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, run};
    use super::*;
    use crate::{
        domain::{
            at_epoch,
            event::Event,
            group::{GroupState, InstanceRefresh},
            shift,
        },
        plan::fixture::group,
    };
    use proptest::prelude::*;

    fn circumstances<'a>(group: &'a GroupState, limits: &'a Limits) -> Circumstances<'a> {
        Circumstances {
            now: at_epoch(100_000),
            group,
            data_age: Some(60),
            last_out: None,
            last_in: None,
            actions_last_hour: 0,
            failed_launches: 0,
            events: &[],
            brake: false,
            limits,
        }
    }

    /// The check that blocks going from `group` to `want`.
    fn blocker(want: u32, c: &Circumstances<'_>) -> Option<String> {
        run(want, c).blocked_by().map(|(name, _)| name.to_owned())
    }

    #[test]
    fn a_quiet_group_passes() {
        let (g, l) = (group(4, 4), Limits::default());
        assert_eq!(run(6, &circumstances(&g, &l)).allowed, Some(6));
        assert_eq!(run(2, &circumstances(&g, &l)).allowed, Some(2));
    }

    #[test]
    fn max_is_never_raised() {
        let (g, l) = (group(4, 4), Limits::default());
        assert_eq!(run(900, &circumstances(&g, &l)).allowed, Some(40));
        assert_eq!(run(0, &circumstances(&g, &l)).allowed, Some(1));
    }

    #[test]
    fn stale_data_do_not_scale_in() {
        let (g, l) = (group(4, 4), Limits::default());
        let mut c = circumstances(&g, &l);
        for age in [Some(1_201), None] {
            c.data_age = age;
            assert_eq!(blocker(3, &c).as_deref(), Some("data fresh"));
            assert_eq!(blocker(5, &c), None);
        }
    }

    #[test]
    fn suspended_processes_hold_their_direction() {
        let (mut g, l) = (group(4, 4), Limits::default());
        g.suspended = vec!["Launch".into()];
        assert_eq!(blocker(5, &circumstances(&g, &l)).as_deref(), Some("processes not suspended"));
        assert_eq!(blocker(3, &circumstances(&g, &l)), None);
        g.suspended = vec!["Terminate".into()];
        assert_eq!(blocker(3, &circumstances(&g, &l)).as_deref(), Some("processes not suspended"));
    }

    #[test]
    fn a_refresh_stops_everything() {
        let (mut g, l) = (group(4, 4), Limits::default());
        g.refresh = Some(InstanceRefresh { status: "InProgress".into(), percent: 40 });
        assert_eq!(blocker(5, &circumstances(&g, &l)).as_deref(), Some("no instance refresh"));
    }

    #[test]
    fn no_reversal_while_launching() {
        let (g, l) = (group(6, 4), Limits::default());
        assert_eq!(blocker(3, &circumstances(&g, &l)).as_deref(), Some("nothing in progress"));
        assert_eq!(blocker(8, &circumstances(&g, &l)), None);
    }

    #[test]
    fn failing_launches_trip_the_breaker() {
        let (g, l) = (group(6, 4), Limits::default());
        let mut c = circumstances(&g, &l);
        c.failed_launches = 3;
        assert_eq!(blocker(8, &c).as_deref(), Some("launches succeed"));
    }

    #[test]
    fn protected_instances_are_not_planned_away() {
        let (mut g, l) = (group(4, 4), Limits::default());
        g.instances[..3].iter_mut().for_each(|i| i.protected = true);
        assert_eq!(run(1, &circumstances(&g, &l)).allowed, Some(3));
        g.instances[3].protected = true;
        assert_eq!(blocker(1, &circumstances(&g, &l)).as_deref(), Some("scale-in protection"));
    }

    #[test]
    fn the_brake_and_the_freeze() {
        let (g, l) = (group(4, 4), Limits::default());
        let mut c = circumstances(&g, &l);
        c.brake = true;
        assert_eq!(blocker(3, &c).as_deref(), Some("incident brake"));
        assert_eq!(blocker(5, &c), None);
        let freeze = [Event {
            name: "Freeze".into(),
            kind: EventKind::Freeze,
            label: "freeze".into(),
            start: shift(c.now, -60),
            end: shift(c.now, 60),
            multiplier: None,
            min_instances: None,
            groups: vec![],
        }];
        c.events = &freeze;
        assert_eq!(blocker(5, &c).as_deref(), Some("not frozen by the calendar"));
    }

    #[test]
    fn cooldowns_and_rates_hold_scale_in() {
        let (g, l) = (group(4, 4), Limits { cooldown_in: 300, ..Limits::default() });
        let mut c = circumstances(&g, &l);
        c.last_out = Some(shift(c.now, -299));
        assert_eq!(blocker(3, &c).as_deref(), Some("cooldown"));
        c.last_out = Some(shift(c.now, -300));
        assert_eq!(blocker(3, &c), None);
        c.actions_last_hour = 60;
        assert_eq!(blocker(3, &c).as_deref(), Some("actions an hour"));
        assert_eq!(blocker(5, &c), None);
    }

    proptest! {
        #[test]
        fn whatever_goes_in_the_result_is_within_limits(
            want in 0u32..10_000, desired in 0u32..60, serving in 0u32..60, min in 0u32..20, width in 0u32..40,
            step_out in prop::option::of(0u32..9), step_in in prop::option::of(0u32..9), protected in 0usize..10, brake: bool,
        ) {
            let mut g = group(desired, serving.min(desired));
            (g.min, g.max) = (min, min + width);
            g.desired = desired.clamp(g.min, g.max);
            g.instances.iter_mut().take(protected).for_each(|i| i.protected = true);
            let l = Limits { step_out, step_in, ..Limits::default() };
            let mut c = circumstances(&g, &l);
            c.brake = brake;
            let result = run(want, &c);
            prop_assert_eq!(result.checks.len(), ALL.len());
            match result.allowed {
                Some(to) => {
                    prop_assert!(to >= g.min.min(g.desired) && to <= g.max);
                    prop_assert!(to <= g.desired || step_out.is_none_or(|s| to - g.desired <= s));
                    prop_assert!(to >= g.desired || !brake);
                    let cut = result.checks.iter().any(|k| matches!(k.verdict, Verdict::Clamp { .. }));
                    prop_assert!(cut || to == want);
                }
                None => prop_assert!(result.blocked_by().is_some_and(|(_, why)| !why.is_empty())),
            }
        }
    }
}
