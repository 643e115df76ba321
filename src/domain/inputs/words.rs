//! What was known when a decision was made, in words: for a report, and for the screen.

use super::{EventInputs, PlanInputs, PreflightInputs};
use crate::domain::{Time, decision::Decision, plan::percentile, text::clean};

/// Characters of a text that somebody else wrote.
const LONGEST: usize = 600;

/// A label and what it says.
pub type Fact = (&'static str, String);

/// What the record of `decision` says that was known; `newest` is the newest step of demand before it, as it is known today, and
/// `clock` writes a time of day.
pub fn facts(decision: &Decision, newest: Option<(Time, f64)>, clock: &dyn Fn(Time) -> String) -> Vec<Fact> {
    let (plan, checks) = (decision.plan.inputs.as_deref(), decision.preflight.inputs.as_deref());
    let mut facts = Vec::new();
    match plan {
        Some(inputs) => {
            let load = inputs.load.map_or("unknown".to_owned(), |load| format!("{load:.1} a step"));
            facts.push(("load now", load));
        }
        None => {
            let of = |(time, load): (Time, f64)| format!("{load:.1} from {}", clock(time));
            facts.push(("newest step of demand", newest.map_or("unknown".into(), of)));
        }
    }
    facts.extend(basis(decision, clock));
    facts.extend(plan.into_iter().flat_map(|inputs| planned_with(inputs, clock)));
    if let Some(inputs) = checks {
        // They run again when an operator approves.
        if (inputs.at - decision.plan.at).num_seconds() >= 60 {
            facts.push(("checks ran", clock(inputs.at)));
        }
        facts.extend(group_then(inputs, plan.map(|inputs| inputs.group.desired), clock));
    }
    if plan.is_none() && checks.is_none() {
        let events = decision.plan.basis.iter().flat_map(|basis| &basis.events);
        facts.extend(events.map(|name| ("calendar", clean(name, LONGEST))));
        facts.push(("group", "not recorded by the version that made this decision".into()));
    }
    facts
}

/// The numbers of a capacity plan.
fn basis(decision: &Decision, clock: &dyn Fn(Time) -> String) -> Vec<Fact> {
    let Some(basis) = &decision.plan.basis else { return Vec::new() };
    let minutes = (basis.binding - decision.plan.at).num_minutes();
    let when = match minutes > 0 {
        true => format!("in {minutes} min, at {}", clock(basis.binding)),
        false => "now".to_owned(),
    };
    let (level, serves, percent) =
        (percentile(basis.risk), basis.capacity * basis.target, 100.0 * basis.target);
    vec![
        ("demand planned for", format!("{:.1} a step ({level}) {when}", basis.demand)),
        (
            "one instance serves",
            format!("{:.1} a step at 100 %, {serves:.1} at the target of {percent:.0} %", basis.capacity),
        ),
        ("lead time", format!("{} s with one cycle", basis.lead)),
        ("model", clean(&basis.model, LONGEST)),
    ]
}

/// What only the inputs of the plan tell.
fn planned_with(inputs: &PlanInputs, clock: &dyn Fn(Time) -> String) -> Vec<Fact> {
    let mut facts: Vec<Fact> = inputs.events.iter().map(|e| ("calendar", event(e, clock))).collect();
    if let Some(most) = inputs.recent_most {
        facts.push(("most wanted lately", format!("{most} within {} min", inputs.settings.hold / 60)));
    }
    if let Some(warm) = inputs.warm {
        let size = inputs.group.warm_pool.unwrap_or(0);
        facts.push(("warm pool", format!("{size} ready to start, in service after {warm} s")));
    }
    if let Some(cpu) = inputs.saturated {
        facts.push(("CPU", format!("saturated at {cpu:.0} %: demand was at least what was measured")));
    }
    if let Some(dip) = inputs.dip {
        let (since, until) = (clock(dip.since), clock(dip.until));
        let text = format!("the load had vanished at {since}; what the season needs was kept until {until}");
        facts.push(("upstream", text));
    }
    facts
}

fn event(event: &EventInputs, clock: &dyn Fn(Time) -> String) -> String {
    let name = clean(&event.name, LONGEST);
    let (start, end) = (clock(event.start), clock(event.end));
    let times = event.multiplier.map(|times| format!(", {times} times an ordinary day")).unwrap_or_default();
    let least = event.min_instances.map(|least| format!(", at least {least} instances")).unwrap_or_default();
    format!("“{name}” ({}) {start} to {end}{times}{least}", event.kind.name())
}

/// The group and its surroundings as preflight saw them, with the DesiredCapacity that the plan saw.
fn group_then(inputs: &PreflightInputs, desired: Option<u32>, clock: &dyn Fn(Time) -> String) -> Vec<Fact> {
    let group = &inputs.group;
    let desired = desired.unwrap_or(group.desired);
    let age = inputs.data.age.map_or("none yet".into(), |age| format!("{age} s old"));
    let mut facts = vec![
        ("group", format!("{desired} wanted of {} to {}: {}", group.min, group.max, states(inputs))),
        ("newest load", age),
    ];
    let suspended: Vec<String> = group.suspended.iter().map(|process| clean(process.name(), 80)).collect();
    let policies: Vec<String> = group.policies.items().iter().map(|p| clean(&p.name, LONGEST)).collect();
    let unknown = [
        ("scaling activities", group.launches.why()),
        ("scaling policies", group.policies.why()),
        ("instance refreshes", group.refresh.why()),
        ("scheduled actions", group.schedules.why()),
        ("health of targets", group.target_health.why()),
    ];
    let unknown: Vec<&str> =
        unknown.into_iter().filter(|(_, why)| why.is_some()).map(|(what, _)| what).collect();
    let refresh = group.refresh.known().and_then(Option::as_ref).map(|refresh| refresh.words());
    let foreign = inputs.foreign.map(|f| format!("{} → {} at {}", f.from, f.to, clock(f.at)));
    let more = [
        ("suspended", suspended.join(", ")),
        ("AWS's own policies", policies.join(", ")),
        ("could not be read", unknown.join(", ")),
        ("instance refresh", refresh.map(|words| clean(&words, LONGEST)).unwrap_or_default()),
        ("changed by others", foreign.unwrap_or_default()),
        ("model unhealthy", clean(inputs.data.sick_model.as_deref().unwrap_or_default(), LONGEST)),
        ("incident brake", if inputs.operator.brake { "on".into() } else { String::new() }),
        ("rejected before", inputs.operator.rejected.map(|to| to.to_string()).unwrap_or_default()),
        ("lease", clean(inputs.no_lease.as_deref().unwrap_or_default(), LONGEST)),
    ];
    facts.extend(more.into_iter().filter(|(_, text)| !text.is_empty()));
    facts
}

/// Instances by their state.
fn states(inputs: &PreflightInputs) -> String {
    let state = |i: &super::InstanceInputs| {
        let marks =
            [(!i.healthy, ", unhealthy"), (i.protected, ", protected"), (i.registering, ", registering")];
        let marks: String = marks.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        format!("{} {}{marks}", i.count, i.lifecycle.name())
    };
    let states: Vec<String> = inputs.group.instances.iter().map(state).collect();
    if states.is_empty() { "no instance".into() } else { states.join("; ") }
}
