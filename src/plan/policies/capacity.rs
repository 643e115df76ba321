//! The default policy: orders now the capacity that will be needed when an instance ordered now is in service.

use super::{PlanContext, PolicyRule, reactive};
use crate::domain::{
    Time,
    plan::{Basis, Plan, instances_for},
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

/// Desired capacity = the most of
/// - demand at the chosen quantile, from the moment an instance ordered now would serve until one ordered at
///   the next cycle would,
/// - the load of the last two minutes at a lower utilisation (a surge that no forecast saw),
/// - the same demand where the load of now is above what was expected of it, raised by the share of that which lasts,
/// - the floors that the calendar asks for,
/// - while the load has vanished as in an outage upstream, what the season needs,
///
/// and, on the way down, never less than what is needed before an instance ordered now would serve, nor than the
/// most that was wanted lately.
fn plan(context: &PlanContext<'_>) -> Option<Plan> {
    let capacity = context.capacity?;
    let settings = context.settings;
    let until = shift(context.now, context.lead + settings.cycle);
    let ahead = ahead(context, capacity);
    let reacting = context.load.and_then(|load| instances_for(load, capacity, settings.reactive_target()));
    let floor = floor(context, until);
    // What comes back brings its retries: as much room as for a load that is there.
    let season = context.dip.and_then(|d| instances_for(d.season, capacity, settings.reactive_target()));
    let need = ahead.as_ref().map(|(n, ..)| *n).max(reacting).max(floor).max(season)?;
    let desired = context.group.desired;
    let kept = soon(context, capacity).map(|n| n.min(desired)).filter(|n| *n > need);
    let held = context.recent_most.map(|n| n.min(desired)).filter(|n| *n > need.max(kept.unwrap_or(0)));
    let want = held.or(kept).unwrap_or(need);
    Some(Plan {
        at: context.now,
        policy: settings.policy.name().into(),
        from: context.group.desired,
        want,
        unheld: (want > need).then_some(need),
        reasons: reasons(context, capacity, ahead.as_ref(), (reacting, floor, season), (kept, held)),
        basis: ahead.map(|(_, demand, binding)| basis(context, capacity, demand, binding)),
        reactive: reactive(context),
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
    (kept, held): (Option<u32>, Option<u32>),
) -> Vec<String> {
    let settings = context.settings;
    let mut lines = Vec::new();
    if let Some((n, demand, binding)) = ahead {
        let when = match (*binding - context.now).num_minutes() {
            ..=0 => "now".to_owned(),
            minutes => format!("in {minutes} min"),
        };
        lines.push(format!(
            "demand reaches {demand:.0} (p{:.0}) {when}; at {:.0} % of {capacity:.0} per instance that needs {n}",
            settings.risk * 100.0,
            settings.target * 100.0,
        ));
        let more = 100.0 * (overshoot(context) - 1.0);
        if more >= 1.0 {
            lines.push(format!("current load exceeds the forecast: planned demand raised by {more:.0} %"));
        }
    } else {
        lines.push("no forecast yet: reacting to current load only".into());
    }
    if let (Some(n), Some(load)) = (reacting, context.load) {
        let line = format!(
            "the load now is {load:.0}; at {:.0} % that needs {n}",
            settings.reactive_target() * 100.0
        );
        let first = ahead.is_none_or(|(planned, ..)| n > *planned);
        lines.insert(if first { 0 } else { lines.len() }, line);
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
    } else if let Some(n) = kept {
        lines.insert(0, format!("{n} are needed within {} min: holding that", context.lead / 60));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            at_epoch,
            event::{Event, EventKind},
            forecast::{Forecast, LEVELS},
            series::Series,
        },
        plan::{Settings, fixture::group, upstream_dip::UpstreamDip},
    };
    use proptest::prelude::*;

    fn forecast(tops: &[f64]) -> Forecast {
        let rows = tops.iter().map(|top| LEVELS.map(|_| *top)).collect();
        Forecast { origin: at_epoch(0), step: 300, model: "test".into(), rows, first: at_epoch(0) }
    }

    static NOTHING: std::sync::LazyLock<Series> = std::sync::LazyLock::new(|| Series::new(at_epoch(0), 300));

    fn context<'a>(
        forecast: &'a Forecast,
        group: &'a crate::domain::group::GroupState,
        settings: &'a Settings,
    ) -> PlanContext<'a> {
        PlanContext {
            now: at_epoch(0),
            cycle_due: true,
            group,
            forecast: Some(forecast),
            load: Some(80.0),
            history: &NOTHING,
            capacity: Some(100.0),
            lead: 300,
            events: &[],
            recent_most: None,
            dip: None,
            settings,
        }
    }

    #[test]
    fn buys_the_highest_step_within_the_lead_time_and_no_further() {
        let (f, g, s) = (forecast(&[100.0, 310.0, 200.0, 9_000.0]), group(2, 2), Settings::default());
        let plan = plan(&context(&f, &g, &s)).expect("all inputs are there");
        assert_eq!(plan.want, 4);
        assert_eq!(plan.basis.expect("a forecast was used").binding, at_epoch(450));
    }

    #[test]
    fn what_no_order_can_meet_is_not_bought_and_what_is_there_for_it_stays() {
        let (f, s) = (forecast(&[900.0, 100.0, 100.0, 100.0]), Settings::default());
        for (desired, want) in [(2, 2), (9, 9), (20, 12)] {
            let g = group(desired, desired);
            let mut now = context(&f, &g, &s);
            now.lead = 600;
            assert_eq!(plan(&now).expect("all inputs are there").want, want, "from {desired}");
        }
    }

    #[test]
    fn a_surge_that_the_forecast_missed_is_answered() {
        let (f, g, s) = (forecast(&[100.0, 100.0]), group(2, 2), Settings::default());
        let mut now = context(&f, &g, &s);
        now.load = Some(720.0);
        let plan = plan(&now).expect("all inputs are there");
        assert_eq!(plan.want, 10);
        assert!(plan.reasons[0].contains("the load now is 720"), "{:?}", plan.reasons);
    }

    #[test]
    fn a_load_above_what_was_expected_raises_what_is_ahead_and_one_below_changes_nothing() {
        let (f, g, s) = (forecast(&[100.0, 400.0, 400.0]), group(2, 2), Settings::default());
        let mut now = context(&f, &g, &s);
        now.now = at_epoch(60);
        let want = |load: f64| plan(&PlanContext { load: Some(load), ..now }).expect("all inputs are there");
        assert_eq!((want(50.0).want, want(100.0).want), (5, 5));
        let overshot = want(180.0);
        assert_eq!(overshot.want, 6, "180 ^ 1/4 ÷ 100 ^ 1/4 = 1.16 times 400 at 80 % of 100");
        assert!(overshot.reasons.iter().any(|r| r.contains("raised by 16 %")), "{:?}", overshot.reasons);
        assert_eq!(want(300.0).basis, want(900.0).basis, "beyond three times the load itself decides");
        now.now = f.origin;
        assert_eq!(
            plan(&PlanContext { load: Some(180.0), ..now }).expect("as before").want,
            5,
            "it knew this load"
        );
    }

    #[test]
    fn the_way_down_is_held_and_the_way_up_is_not() {
        let (f, g, s) = (forecast(&[100.0, 100.0]), group(6, 6), Settings::default());
        let mut now = context(&f, &g, &s);
        now.recent_most = Some(5);
        assert_eq!(plan(&now).expect("all inputs are there").want, 5);
        let up = group(1, 1);
        now.group = &up;
        assert_eq!(plan(&now).expect("all inputs are there").want, 2);
    }

    #[test]
    fn a_load_that_vanished_keeps_what_the_season_needs() {
        let (f, g, s) = (forecast(&[5.0, 5.0, 5.0]), group(9, 9), Settings::default());
        let mut now = context(&f, &g, &s);
        now.load = Some(4.0);
        let dip = UpstreamDip { since: at_epoch(0), until: at_epoch(7_200), lowest: 500.0, season: 740.0 };
        now.dip = Some(dip);
        let kept = plan(&now).expect("all inputs are there");
        assert_eq!(kept.want, 10, "740 at 74 % of 100");
        assert!(kept.reasons[0].ends_with("; keeping 10 until 02:00 UTC"), "{:?}", kept.reasons);
        now.dip = None;
        assert_eq!(plan(&now).expect("as before").want, 1);
    }

    #[test]
    fn the_calendar_sets_a_floor_before_the_event_starts() {
        let (f, g, s) = (forecast(&[10.0, 10.0]), group(2, 2), Settings::default());
        let events = [Event {
            name: "Sale".into(),
            kind: EventKind::Sale,
            label: "sale".into(),
            start: at_epoch(500),
            end: at_epoch(9_000),
            multiplier: None,
            min_instances: Some(7),
            groups: vec![],
        }];
        let mut now = context(&f, &g, &s);
        now.events = &events;
        assert_eq!(plan(&now).expect("all inputs are there").want, 7);
        now.now = at_epoch(0) - chrono::Duration::hours(1);
        assert_eq!(plan(&now).expect("all inputs are there").want, 2);
    }

    #[test]
    fn without_capacity_it_says_nothing() {
        let (f, g, s) = (forecast(&[10.0]), group(2, 2), Settings::default());
        let mut now = context(&f, &g, &s);
        now.capacity = None;
        assert_eq!(plan(&now), None);
    }

    proptest! {
        #[test]
        fn more_risk_never_buys_less(top in 0.0..1e5f64, low in 0.5..0.7f64, high in 0.7..0.99f64) {
            let f = Forecast { rows: vec![LEVELS.map(|l| l * top); 4], ..forecast(&[]) };
            let g = group(2, 2);
            let want = |risk| {
                let s = Settings { risk, ..Settings::default() };
                let mut now = context(&f, &g, &s);
                now.load = None;
                plan(&now).map(|p| p.want)
            };
            prop_assert!(want(low) <= want(high));
        }

        #[test]
        fn every_plan_has_a_reason(load in prop::option::of(0.0..1e5f64), tops in prop::collection::vec(0.0..1e5f64, 0..5), desired in 0u32..50) {
            let f = forecast(&tops);
            let (g, s) = (group(desired, desired), Settings::default());
            let mut now = context(&f, &g, &s);
            now.load = load;
            if let Some(plan) = plan(&now) {
                prop_assert!(!plan.reasons.is_empty());
            }
        }
    }
}
