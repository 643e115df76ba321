//! What an event, typed or of the calendar, does to a group: instances at its peak, without it and with it; where nothing is
//! given from which they follow, that its effect is learned.

use crate::{
    calendar::CalendarEntry,
    console::draw::theme::Role,
    domain::{
        Seconds, Time,
        event::{Event, EventKind},
        plan::instances_for,
        shift,
        text::clean,
    },
    link::{GroupDetail, OutlookRow, View},
};

/// Likeness of two names from which one is taken for the other mistyped.
const ALIKE: f64 = 0.8;

/// Seconds of a day, and of a row of the outlook.
const DAY: Seconds = 86_400;
const HOUR: Seconds = 3_600;

/// `shop`, or `shop (1 of 4 groups)` where the event concerns more than the group called `name`, of which alone something is shown.
pub(super) fn subject(name: &str, event: &Event, view: &View) -> String {
    let name = clean(name, 40);
    match view.groups.iter().filter(|group| event.concerns(&group.name)).count() {
        0 | 1 => name,
        count => format!("{name} (1 of {count} groups)"),
    }
}

/// `shop: 16 → 31 instances at the peak, max 32`, for the group that the view has in detail; `None` where the event is not
/// its own, or too little is known of it. How many instances a learned effect takes is not known here.
pub(in crate::console) fn words(event: &Event, view: &View) -> Option<(String, Role)> {
    let live = |detail: &&GroupDetail| event.concerns(&detail.name) && detail.past.is_none();
    let detail = view.detail.as_ref().filter(live)?;
    let name = subject(&detail.name, event, view);
    if is_learned(event) {
        return Some((format!("{name}: the effect is learned from earlier events of this kind"), Role::Info));
    }
    let (capacity, target) = (detail.capacity.as_ref()?.0, detail.plan.as_ref()?.basis.as_ref()?.target);
    let usual = usual_peak(event, detail, view)?;
    let multiplier = event.multiplier.unwrap_or(1.0);
    let without = instances_for(usual, capacity, target)?;
    let with = instances_for(usual * multiplier, capacity, target)?.max(event.min_instances.unwrap_or(0));
    let max = detail.state.max;
    let peak = format!("{name}: {without} → {with} instances at the peak, max {max}");
    Some(match with > max {
        true => (format!("{peak}: raise MaxSize to at least {with}"), Role::Warning),
        false => (peak, Role::Info),
    })
}

/// True where the models alone say what the event does.
fn is_learned(event: &Event) -> bool {
    let changes_demand = !matches!(event.kind, EventKind::Freeze | EventKind::Incident);
    changes_demand && event.multiplier.is_none() && event.min_instances.is_none()
}

/// The most demand (p90 of the outlook) of an ordinary day in the hours that the event touches. What
/// lies beyond the outlook is taken to be like the same hours of the day.
fn usual_peak(event: &Event, detail: &GroupDetail, view: &View) -> Option<f64> {
    let length = (event.end - event.start).num_seconds();
    let is_in = |(time, _): &(Time, f64)| {
        let past_start = (*time - event.start).num_seconds().rem_euclid(DAY);
        past_start < length || past_start > DAY - HOUR
    };
    ordinary(detail, view).into_iter().filter(is_in).map(|(_, p90)| p90).reduce(f64::max)
}

/// The hours of the outlook with the p90 of an ordinary day: multipliers of the calendar's events are divided out. Hours in which
/// one begins or ends are left out.
pub(super) fn ordinary(detail: &GroupDetail, view: &View) -> Vec<(Time, f64)> {
    let multiplies = |e: &&Event| e.multiplier.is_some_and(|m| m > 0.0) && e.concerns(&detail.name);
    let events: Vec<&Event> = view.calendar.occurrences.iter().filter(multiplies).collect();
    let plain = |row: &OutlookRow| {
        let (from, until) = (row.time, shift(row.time, HOUR));
        let touching = || events.iter().filter(|e| e.touches(from, until));
        let whole = touching().all(|e| e.start <= from && until <= e.end);
        let multiplier: f64 = touching().filter_map(|e| e.multiplier).product();
        (whole && row.p90.is_finite()).then_some((from, row.p90 / multiplier))
    };
    detail.outlook.iter().filter_map(plain).collect()
}

/// Names of groups that are not in the fleet, each with the nearest that is: `no group shpo in the fleet; nearest: shop`.
pub(super) fn unknown(entry: &CalendarEntry, view: &View) -> Vec<String> {
    let missing = entry.group_names().filter(|name| !view.groups.iter().any(|g| g.name == *name));
    let nearest = |name: &str| {
        let like = |group: &str| strsim::jaro_winkler(group, name);
        let names = view.groups.iter().map(|g| g.name.as_str()).filter(|g| like(g) >= ALIKE);
        names.max_by(|a, b| like(a).total_cmp(&like(b)))
    };
    let said = |name: &str| match nearest(name) {
        Some(near) => {
            format!("no group {} in the fleet; nearest: {}", clean(name, 40), clean(near, 40))
        }
        None => format!("no group {} in the fleet", clean(name, 40)),
    };
    missing.map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::tests::fixture::view,
        link::{PastGroup, PastMoment},
    };

    fn sale(view: &View, multiplier: f64) -> Event {
        let start = shift(view.now, 3 * 3_600);
        let other = view.detail.as_ref().expect("of shop").events[0].clone();
        Event {
            start,
            end: shift(start, 4 * 3_600),
            multiplier: Some(multiplier),
            min_instances: None,
            ..other
        }
    }

    #[test]
    fn the_peak_is_said_without_and_with_the_event() {
        let mut view = view();
        view.calendar.occurrences.clear();
        let (text, role) = words(&sale(&view, 2.0), &view).expect("all is known");
        assert_eq!(
            (text.as_str(), role),
            ("shop (1 of 4 groups): 6 → 12 instances at the peak, max 12", Role::Info)
        );
        let (text, role) = words(&sale(&view, 3.0), &view).expect("all is known");
        assert!(text.ends_with("max 12: raise MaxSize to at least 18") && role == Role::Warning, "{text}");
        let past = PastGroup::of(PastMoment::Decision(57));
        view.detail.as_mut().expect("of shop").past = Some(Box::new(past));
        assert_eq!(
            words(&sale(&view, 2.0), &view),
            None,
            "numbers of the past say nothing of what is to come"
        );
        view.detail.as_mut().expect("of shop").past = None;
        let other = Event { groups: vec!["feed".into()], ..sale(&view, 2.0) };
        assert_eq!(words(&other, &view), None);
        view.detail.as_mut().expect("of shop").capacity = None;
        assert_eq!(words(&sale(&view, 2.0), &view), None, "nothing is made up");
    }

    #[test]
    fn a_learned_effect_is_said_without_instances() {
        let mut view = view();
        view.calendar.occurrences.clear();
        let said = |event: &Event| words(event, &view).expect("all is known").0;
        let learned = Event { multiplier: None, ..sale(&view, 1.0) };
        assert_eq!(
            said(&learned),
            "shop (1 of 4 groups): the effect is learned from earlier events of this kind"
        );
        let floor = Event { min_instances: Some(9), groups: vec!["shop".into()], ..learned.clone() };
        assert_eq!(said(&floor), "shop: 6 → 9 instances at the peak, max 12");
        let freeze = Event { kind: EventKind::Freeze, ..floor.clone() };
        let freeze = Event { min_instances: None, ..freeze };
        assert_eq!(said(&freeze), "shop: 6 → 6 instances at the peak, max 12", "no demand is learned of it");
    }

    #[test]
    fn a_mistyped_group_is_told_with_the_nearest() {
        let entry = |groups: &str| CalendarEntry { groups: groups.into(), ..CalendarEntry::default() };
        let said = unknown(&entry("shpo, api, zzz"), &view());
        assert_eq!(said, ["no group shpo in the fleet; nearest: shop", "no group zzz in the fleet"]);
    }
}
