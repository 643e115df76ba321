//! How far may the change go? These cut; only protection of every instance blocks.

use super::{PreflightContext, Verdict, block, no_lower, removes};

/// Max is never raised, min never lowered.
pub fn bounds(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let allowed = to.clamp(c.group.min.min(c.group.max), c.group.max);
    if allowed == to {
        return Verdict::Pass;
    }
    let bound = if to > allowed { "MaxSize" } else { "MinSize" };
    Verdict::Clamp { to: allowed, reason: format!("{to} wanted, {bound} is {allowed}") }
}

/// Only so many at once.
pub fn step(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let from = c.group.desired;
    let (most, cut) = match (c.limits.step_out, c.limits.step_in) {
        (Some(most), _) if to > from.saturating_add(most) => (most, from + most),
        (_, Some(most)) if to < from.saturating_sub(most) => (most, from - most),
        _ => return Verdict::Pass,
    };
    Verdict::Clamp { to: cut, reason: format!("{} at once wanted, {most} allowed", to.abs_diff(from)) }
}

/// An order may be so many times what the highest load seen needs.
const BEYOND_SEEN: u32 = 10;
/// A group may always order so many instances.
const ALWAYS: u32 = 30;

/// In `auto` no order goes far beyond all that was seen: a person approves the rest. A load that lasts counts as seen after a
/// quarter of an hour, so a surge of any size is met in steps.
pub fn seen(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let Some(seen) = c.data.most_seen.filter(|_| c.operator.auto) else { return Verdict::Pass };
    let floors = c.events.iter().filter(|e| e.covers(c.now)).filter_map(|e| e.min_instances);
    let usual = seen.saturating_mul(BEYOND_SEEN).max(ALWAYS);
    let most = usual.max(floors.max().unwrap_or(0)).max(c.group.min).max(c.group.desired).min(c.group.max);
    if to <= most {
        return Verdict::Pass;
    }
    let reason = format!(
        "{to} wanted; the highest load seen needs {seen}: more than {most} needs a person's approval"
    );
    Verdict::Clamp { to: most, reason }
}

/// While an event asks for a least number of instances, scale-in goes no lower.
pub fn event_floor(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let holding = c.events.iter().filter(|e| e.covers(c.now));
    let Some((floor, event)) = holding.filter_map(|e| Some((e.min_instances?, e))).max_by_key(|(m, _)| *m)
    else {
        return Verdict::Pass;
    };
    no_lower(to, floor, c, |least| {
        format!(
            "“{}” requires at least {floor} until {}; keeping {least}",
            event.name,
            event.end.format("%d %b %H:%M UTC")
        )
    })
}

/// AWS would lower the desired capacity and then terminate nothing.
pub fn protection(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let protected = c.group.protected();
    if !removes(to, c) || to >= protected {
        return Verdict::Pass;
    }
    if protected >= c.group.desired {
        return block(format!("all {protected} instances are protected from scale-in"));
    }
    no_lower(to, protected, c, |_| format!("{protected} instances are protected from scale-in"))
}

/// With weights the capacity is counted in units, and an instance is several: below twice the largest one AWS may
/// end more than was meant.
pub fn weights(to: u32, c: &PreflightContext<'_>) -> Verdict {
    let largest = c.group.largest_weight();
    if largest == 1 || !removes(to, c) {
        return Verdict::Pass;
    }
    no_lower(to, 2 * largest, c, |least| {
        format!("instance weights go up to {largest} units: no lower than {least}, twice the largest")
    })
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{event::EventKind, group::GroupState},
        plan::preflight::{
            PreflightContext,
            checks::tests::{blocker, context, event, quiet, run},
        },
    };

    #[test]
    fn max_is_never_raised() {
        let (g, l) = quiet();
        assert_eq!(run(900, &context(&g, &l)).allowed, Some(40));
        assert_eq!(run(0, &context(&g, &l)).allowed, Some(1));
    }

    #[test]
    fn a_step_is_cut_in_its_direction() {
        let (g, mut l) = quiet();
        (l.step_out, l.step_in) = (Some(2), Some(1));
        assert_eq!(run(9, &context(&g, &l)).allowed, Some(6));
        assert_eq!(run(1, &context(&g, &l)).allowed, Some(3));
    }

    #[test]
    fn an_events_floor_holds_scale_in_and_adds_nothing() {
        let (g, l) = quiet();
        let mut c = context(&g, &l);
        let sale = [event(EventKind::Sale, Some(3), c.now)];
        c.events = &sale;
        assert_eq!(run(1, &c).allowed, Some(3));
        let gala = [event(EventKind::Sale, Some(30), c.now)];
        c.events = &gala;
        assert_eq!(run(1, &c).allowed, Some(4));
    }

    #[test]
    fn protected_instances_are_not_planned_away() {
        let (mut g, l) = quiet();
        g.instances[..3].iter_mut().for_each(|i| i.protected = true);
        assert_eq!(run(1, &context(&g, &l)).allowed, Some(3));
        g.instances[3].protected = true;
        assert_eq!(blocker(1, &context(&g, &l)).as_deref(), Some("scale-in protection"));
    }

    #[test]
    fn heavy_instances_are_not_planned_below_twice_their_weight() {
        let (mut g, l) = quiet();
        g.instances.iter_mut().for_each(|i| i.weight = 4);
        g.desired = 16;
        assert_eq!(run(2, &context(&g, &l)).allowed, Some(8));
        assert_eq!(run(12, &context(&g, &l)).allowed, Some(12));
    }

    #[test]
    fn an_order_far_beyond_what_was_seen_is_left_to_a_person_and_a_surge_is_not() {
        let (g, l) = quiet();
        let g = GroupState { max: 5_000, ..g };
        let mut c = context(&g, &l);
        c.operator.auto = true;
        let allowed = |to: u32, c: &PreflightContext<'_>| run(to, c).allowed;
        assert_eq!(allowed(1_203, &c), Some(1_203), "nothing is known yet");
        c.data.most_seen = Some(12);
        assert_eq!(
            [120, 121, 1_203].map(|to| allowed(to, &c)),
            [Some(120); 3],
            "a tenfold surge passes at once"
        );
        assert_eq!(allowed(2, &c), Some(2));
        c.data.most_seen = Some(0);
        assert_eq!(allowed(1_203, &c), Some(30), "an idle group that gets traffic");
        let sale = [event(EventKind::Sale, Some(90), c.now)];
        c.events = &sale;
        assert_eq!(allowed(1_203, &c), Some(90), "the calendar asks for as many");
        c.operator.auto = false;
        assert_eq!(allowed(1_203, &c), Some(1_203), "a person approves it anyway");
    }
}
