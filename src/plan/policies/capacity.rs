//! The default policy: orders now the capacity that will be needed when an instance ordered now is in service.

use super::{PlanContext, PolicyRule, reactive};
use crate::domain::{
    Time,
    plan::{Basis, Plan, instances_for, percentile},
    shift,
};

/// What the list of policies says of it.
pub const RULE: PolicyRule =
    PolicyRule { name: "capacity", forecasts: true, hold: |settings| settings.hold, plan };

/// How much of a load above what was expected of now lasts until an instance ordered now serves: its exponent. Chosen on
/// recorded traces (`docs/benchmarks.md`); nothing below what was expected is taken off.
const LASTING: f64 = 0.25;
/// A load of more than so many times what was expected counts as so many; the floor of the load itself does the rest.
const MOST_SURPRISE: f64 = 3.0;
/// A load that saturates the CPU is at least what was measured. So many times that is planned for until the new instances
/// show more of it.
const UNKNOWN_ABOVE: f64 = 2.0;
/// Share of an instance by which demand must lie below a boundary before one is given back, so that demand that hovers
/// there does not order and end an instance again and again. Chosen on recorded traces: it costs less than 0.1 % of hours.
const MARGIN: f64 = 0.1;

/// Desired capacity = the most of
/// - demand at the chosen quantile, from the moment an instance ordered now would serve until one ordered at
///   the next cycle would,
/// - the load of the last two minutes at a lower utilisation (a surge that no forecast saw),
/// - the same demand where the load of now is above what was expected of it, raised by the share of that which lasts,
/// - the floors that the calendar asks for,
/// - while the load has vanished as in an outage upstream, what the season needs,
///
/// and, on the way down, never less than what is needed before an instance ordered now would serve, nor than the
/// most that was wanted lately, nor one less where demand is within a margin of needing it again.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let capacity = context.capacity?;
    let settings = context.settings;
    let until = shift(context.now, context.lead + settings.cycle);
    let ahead = ahead(context, capacity);
    let reacting =
        assumed(context).and_then(|load| instances_for(load, capacity, settings.reactive_target()));
    let floor = floor(context, until);
    // What comes back brings its retries: as much room as for a load that is there.
    let season = context.dip.and_then(|d| instances_for(d.season, capacity, settings.reactive_target()));
    let need = ahead.as_ref().map(|(n, ..)| *n).max(reacting).max(floor).max(season)?;
    let desired = context.group.desired;
    let kept = soon(context, capacity).map(|n| n.min(desired)).filter(|n| *n > need);
    let least = need.max(kept.unwrap_or(0));
    let near = within_margin(context, capacity).map(|n| n.min(desired)).filter(|n| *n > least);
    let held = context.recent_most.map(|n| n.min(desired)).filter(|n| *n > least.max(near.unwrap_or(0)));
    let unheld = need.max(near.unwrap_or(0));
    let want = held.or(near).or(kept).unwrap_or(need);
    Some(Plan {
        at: context.now,
        policy: settings.policy.name().into(),
        from: context.group.desired,
        want,
        unheld: (want > unheld).then_some(unheld),
        reasons: reasons(context, capacity, ahead.as_ref(), (reacting, floor, season), (kept, near, held)),
        basis: ahead.map(|(_, demand, binding)| basis(context, capacity, demand, binding)),
        reactive: reactive(context),
        inputs: None,
    })
}

/// Instances that only an order of now can bring in time, with the demand and the moment that decide.
fn ahead(context: &PlanContext<'_>, capacity: f64) -> Option<(u32, f64, Time)> {
    let (settings, forecast) = (context.settings, context.forecast?);
    let serves = shift(context.now, context.lead);
    let next = shift(forecast.origin, settings.cycle + context.lead);
    let (binding, demand) = forecast.peak_over_window(serves, next.max(shift(serves, 60)), settings.risk)?;
    let demand = demand * overshoot(context);
    Some((instances_for(demand, capacity, settings.target)?, demand, binding))
}

/// Instances needed before one ordered now would serve: too late to buy, too early to give back.
fn soon(context: &PlanContext<'_>, capacity: f64) -> Option<u32> {
    let settings = context.settings;
    let serves = shift(context.now, context.lead);
    let (_, demand) = context.forecast?.peak_over_window(context.now, serves, settings.risk)?;
    instances_for(demand * overshoot(context), capacity, settings.target)
}

/// The load of now; where it saturates the CPU, what is assumed in its place.
fn assumed(context: &PlanContext<'_>) -> Option<f64> {
    context.load.map(|load| if context.saturated.is_some() { UNKNOWN_ABOVE * load } else { load })
}

/// Instances needed if demand were higher by the margin: what the way down keeps.
fn within_margin(context: &PlanContext<'_>, capacity: f64) -> Option<u32> {
    let settings = context.settings;
    // No demand is no boundary: a group may go to zero.
    let more = |demand: f64, target: f64| {
        let margin = if demand > 0.0 { MARGIN * capacity * target } else { 0.0 };
        instances_for(demand + margin, capacity, target)
    };
    let until = shift(context.now, context.lead + settings.cycle);
    let ahead = context.forecast.and_then(|f| f.peak_over_window(context.now, until, settings.risk));
    let ahead = ahead.and_then(|(_, demand)| more(demand * overshoot(context), settings.target));
    ahead.max(assumed(context).and_then(|load| more(load, settings.reactive_target())))
}

/// By how much demand ahead is raised for what the load has shown since the forecast was made; 1 where it has shown
/// nothing above the median.
fn overshoot(context: &PlanContext<'_>) -> f64 {
    let Some((forecast, load)) = context.forecast.zip(context.load) else { return 1.0 };
    let median = forecast.peak_over_window(context.now, context.now, 0.5).map_or(0.0, |(_, median)| median);
    if context.now <= forecast.origin || median <= 0.0 {
        return 1.0;
    }
    (load / median).clamp(1.0, MOST_SURPRISE).powf(LASTING)
}

/// The highest floor among the events that touch the lead time.
fn floor(context: &PlanContext<'_>, until: Time) -> Option<u32> {
    let soon = context.events.iter().filter(|e| e.touches(context.now, until));
    soon.filter_map(|e| e.min_instances).max()
}

fn basis(context: &PlanContext<'_>, capacity: f64, demand: f64, binding: Time) -> Basis {
    Basis {
        model: context.forecast.map(|f| f.model.clone()).unwrap_or_default(),
        risk: context.settings.risk,
        demand,
        binding,
        capacity,
        target: context.settings.target,
        lead: context.lead + context.settings.cycle,
        events: context.events.iter().map(|e| e.name.clone()).collect(),
    }
}

fn reasons(
    context: &PlanContext<'_>,
    capacity: f64,
    ahead: Option<&(u32, f64, Time)>,
    (reacting, floor, season): (Option<u32>, Option<u32>, Option<u32>),
    (kept, near, held): (Option<u32>, Option<u32>, Option<u32>),
) -> Vec<String> {
    let settings = context.settings;
    let mut lines = Vec::new();
    if let Some((n, demand, binding)) = ahead {
        let when = match (*binding - context.now).num_minutes() {
            ..=0 => "now".to_owned(),
            minutes => format!("in {minutes} min"),
        };
        lines.push(format!(
            "demand reaches {demand:.0} ({}) {when}; at {:.0} % of {capacity:.0} per instance that needs {n}",
            percentile(settings.risk),
            settings.target * 100.0,
        ));
        if let Some(objective) = settings.objective {
            lines.push(format!("{} keeps the objective: {objective}", percentile(settings.risk)));
        }
        let more = 100.0 * (overshoot(context) - 1.0);
        if more >= 1.0 {
            lines.push(format!("current load exceeds the forecast: planned demand raised by {more:.0} %"));
        }
    } else {
        lines.push("no forecast yet: reacting to current load only".into());
    }
    if let (Some(n), Some(load)) = (reacting, context.load) {
        let first = ahead.is_none_or(|(planned, ..)| n > *planned);
        lines.insert(if first { 0 } else { lines.len() }, reacting_to(context, load, n));
    }
    if let Some(n) = floor {
        lines.push(format!("the calendar requires at least {n}"));
    }
    if let Some((n, dip)) = season.zip(context.dip) {
        lines.insert(0, format!("{}; keeping {n} until {}", dip.words(), dip.until.format("%H:%M UTC")));
    }
    if let Some(most) = held {
        lines.insert(
            0,
            format!("{most} were needed within the last {} min: holding that", settings.hold / 60),
        );
    } else if let Some(n) = near {
        let percent = 100.0 * MARGIN;
        lines.insert(
            0,
            format!("demand is less than {percent:.0} % of an instance below needing {n}: keeping that"),
        );
    } else if let Some(n) = kept {
        lines.insert(0, format!("{n} are needed within {} min: holding that", context.lead / 60));
    }
    lines
}

/// What the load now needs, in words.
fn reacting_to(context: &PlanContext<'_>, load: f64, n: u32) -> String {
    let percent = context.settings.reactive_target() * 100.0;
    match context.saturated {
        Some(cpu) => format!(
            "CPU is saturated at {cpu:.0} %: demand is at least {load:.1} and unknown above; {UNKNOWN_ABOVE:.0} times that \
             at {percent:.0} % needs {n}"
        ),
        None => format!("the load now is {load:.0}; at {percent:.0} % that needs {n}"),
    }
}

#[cfg(test)]
mod tests;
