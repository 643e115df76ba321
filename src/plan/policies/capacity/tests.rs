//! What the default policy wants, and what it says.

use super::*;
use crate::{
    domain::{
        at_epoch,
        event::{Event, EventKind},
        forecast::{Forecast, LEVELS},
        group::GroupState,
    },
    plan::{
        Settings,
        fixture::{self, group},
        upstream_dip::UpstreamDip,
    },
};
use proptest::prelude::*;

fn forecast(tops: &[f64]) -> Forecast {
    let rows = tops.iter().map(|top| LEVELS.map(|_| *top)).collect();
    Forecast { origin: at_epoch(0), step: 300, model: "test".into(), rows, first: at_epoch(0) }
}

fn context<'a>(forecast: &'a Forecast, group: &'a GroupState, settings: &'a Settings) -> PlanContext<'a> {
    let forecast = Some(forecast);
    PlanContext { cycle_due: true, forecast, load: Some(80.0), ..fixture::context(group, settings) }
}

#[test]
fn buys_the_highest_step_within_the_lead_time_and_no_further() {
    let (f, g, s) = (forecast(&[100.0, 310.0, 200.0, 9_000.0]), group(2, 2), Settings::default());
    let plan = plan(&context(&f, &g, &s)).expect("all inputs are there");
    assert_eq!(plan.want, 4);
    assert_eq!(plan.basis.expect("a forecast was used").binding, at_epoch(450));
}

#[test]
fn a_peak_before_the_lead_time_adds_nothing_and_existing_instances_stay() {
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
fn scale_in_is_held_and_scale_out_is_not() {
    let (f, g, s) = (forecast(&[100.0, 100.0]), group(6, 6), Settings::default());
    let mut now = context(&f, &g, &s);
    now.recent_most = Some(5);
    assert_eq!(plan(&now).expect("all inputs are there").want, 5);
    let up = group(1, 1);
    now.group = &up;
    assert_eq!(plan(&now).expect("all inputs are there").want, 2);
}

#[test]
fn demand_that_hovers_at_a_boundary_keeps_the_instance_and_one_clearly_below_gives_it_back() {
    let s = Settings::default();
    let of = |demand: f64, desired| {
        let (f, g) = (forecast(&[demand; 4]), group(desired, desired));
        plan(&PlanContext { load: Some(0.5 * demand), ..context(&f, &g, &s) }).expect("all is known")
    };
    let hovers = of(795.0, 11);
    assert_eq!((hovers.want, hovers.unheld), (11, None), "9.94 of ten: the margin is a tenth");
    assert!(hovers.reasons[0].contains("less than 10 % of an instance below needing 11"), "{hovers:?}");
    assert_eq!((of(791.0, 11).want, of(805.0, 11).want), (10, 11));
    assert_eq!(of(795.0, 10).want, 10, "nothing is added for it");
    assert_eq!(of(0.0, 1).want, 0, "no demand is no boundary");
}

#[test]
fn cpu_at_saturation_is_planned_for_as_twice_what_was_measured() {
    let (f, g, s) = (forecast(&[100.0, 100.0]), group(4, 4), Settings::default());
    let measured = PlanContext { load: Some(400.0), ..context(&f, &g, &s) };
    let want = |saturated| plan(&PlanContext { saturated, ..measured }).expect("all is known");
    assert_eq!((want(None).want, want(Some(99.0)).want), (6, 11));
    let why = &want(Some(99.0)).reasons[0];
    assert!(why.starts_with("CPU is saturated at 99 %: demand is at least 400.0 and unknown above"), "{why}");
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
