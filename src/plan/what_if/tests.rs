//! Unchanged settings are the plan of now; more risk never plans more; both sides of the past are one computation.

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{at_epoch, forecast::LEVELS, group::GroupState, objective::Objective},
    plan::{
        Policy,
        fixture::{context, group},
        lead,
        recorded::plan_inputs,
    },
};

/// A forecast of twelve steps from the epoch on whose levels spread around `medians`.
fn forecast(medians: &[f64]) -> Forecast {
    let row = |median: &f64| LEVELS.map(|level| median * (0.5 + level));
    let rows = medians.iter().map(row).collect();
    Forecast { origin: at_epoch(0), step: 300, model: "test".into(), rows, first: at_epoch(0) }
}

/// The plan of `group` at the epoch under `settings`, with its record.
fn planned(group: &GroupState, forecast: &Forecast, settings: &Settings, recent_most: Option<u32>) -> Plan {
    let situation = PlanContext {
        cycle_due: true,
        forecast: Some(forecast),
        load: Some(forecast.rows[0][MEDIAN]),
        recent_most,
        ..context(group, settings)
    };
    let plan = lead::plan(settings.policy, &situation, None).expect("all inputs are there");
    Plan { inputs: Some(Box::new(plan_inputs(&situation, None))), ..plan }
}

fn present<'a>(plan: &'a Plan, forecast: &'a Forecast) -> Present<'a> {
    Present { group: "web", plan, forecast, boot: 300 }
}

fn risk(risk: f64) -> WhatIf {
    WhatIf { risk: Some(risk), ..WhatIf::default() }
}

proptest! {
    #[test]
    fn unchanged_settings_give_the_plan_of_now(
        medians in prop::collection::vec(1.0..2_000.0f64, 12), desired in 1u32..40, share in 0.0..1.0f64,
        recent in prop::option::of(1u32..40), risk in 0.5..0.995f64, target in 0.3..1.0f64,
    ) {
        let (forecast, in_service) = (forecast(&medians), (f64::from(desired) * share) as u32);
        let settings = Settings { risk, target, ..Settings::default() };
        let plan = planned(&group(desired, in_service), &forecast, &settings, recent);
        let present = present(&plan, &forecast);
        let ahead = present.ahead(&WhatIf::default()).expect("all is recorded");
        prop_assert_eq!(ahead.want, plan.want);
        prop_assert_eq!(ahead.planned.len(), 60, "as far as the forecast reaches");
        let terms = present.terms().expect("all is recorded");
        let same = WhatIf {
            risk: Some(terms.risk), target: Some(terms.target), boot: Some(terms.boot), min: Some(terms.min),
            max: Some(terms.max), ..WhatIf::default()
        };
        prop_assert_eq!(present.ahead(&same).expect("the same"), ahead);
    }

    /// The plan of now, that is: of what is held on the way down later, a policy remembers less where it keeps more. And the
    /// warm pool aside: a plan that it can carry out looks at a nearer time than one that it cannot.
    #[test]
    fn more_risk_never_plans_more_instances(
        medians in prop::collection::vec(1.0..2_000.0f64, 12), desired in 1u32..40, recent in prop::option::of(1u32..40),
        one in 0.5..0.995f64, other in 0.5..0.995f64, target in 0.3..1.0f64,
    ) {
        let forecast = forecast(&medians);
        let plan = planned(&group(desired, desired), &forecast, &Settings::default(), recent);
        let want = |risk, target| {
            let what_if = WhatIf { risk: Some(risk), target: Some(target), ..WhatIf::default() };
            present(&plan, &forecast).ahead(&what_if).expect("all is recorded").want
        };
        prop_assert!(want(one.min(other), target) <= want(one.max(other), target));
        prop_assert!(want(one, target) <= want(one, 0.9 * target), "nor does a higher target");
    }
}

/// A day in minutes whose load comes as `load` says, with a forecast every five minutes that has it within its band.
fn days(load: impl Fn(i64) -> f64) -> (Vec<Forecast>, Series) {
    let minutes = Series::from_values(at_epoch(0), 60, (0..1_440).map(|minute| Some(load(minute))));
    let made = |origin: i64| {
        let medians: Vec<f64> = (0..12).map(|step| load(origin / 60 + 5 * step)).collect();
        let start = at_epoch(origin);
        Forecast { origin: start, first: start, ..forecast(&medians) }
    };
    ((0..1_440 / 5).map(|cycle| made(cycle * 300)).collect(), minutes)
}

fn wave(minute: i64) -> f64 {
    600.0 + 400.0 * (std::f64::consts::TAU * minute as f64 / 1_440.0).sin()
}

#[test]
fn the_past_is_computed_alike_for_what_is_and_what_might_be() {
    let (forecasts, load) = days(wave);
    let recorded =
        RecordedDays { forecasts: &forecasts, load: &load, complete_after: 120, serving: 8, events: &[] };
    let plan = planned(&group(8, 8), &forecasts[0], &Settings::default(), None);
    let present = present(&plan, &forecasts[0]);
    let replayed = |what_if: &WhatIf| present.replay(what_if, &recorded).expect("all is recorded");
    let now = replayed(&WhatIf::default());
    assert_eq!((replayed(&risk(0.95)), now.minutes), (now, 1_439.0));
    let bold = replayed(&risk(0.5));
    assert!(bold.side.instance_hours < now.side.instance_hours - 20.0, "{bold:?} {now:?}");
    assert!(bold.side.above >= now.side.above && now.side.above < 30.0, "{bold:?} {now:?}");
    let small = replayed(&WhatIf { max: Some(6), ..WhatIf::default() });
    assert!(small.most <= 6 && small.cut > 600.0 && small.side.above > 300.0, "{small:?}");
    let late = replayed(&WhatIf { boot: Some(1_800), ..WhatIf::default() });
    assert!(late.side.instance_hours > now.side.instance_hours, "{late:?} {now:?}");
}

#[test]
fn an_objective_ends_at_the_quantile_that_would_have_kept_it() {
    // A tenth of the minutes is far above all that is forecast.
    let (forecasts, _) = days(wave);
    let load = Series::from_values(
        at_epoch(0),
        60,
        (0..1_440).map(|minute| Some(wave(minute) * if minute % 10 == 0 { 4.0 } else { 1.0 })),
    );
    let recorded =
        RecordedDays { forecasts: &forecasts, load: &load, complete_after: 120, serving: 8, events: &[] };
    let plan = planned(&group(8, 8), &forecasts[0], &Settings::default(), None);
    let kept = |share| WhatIf { objective: Some(Objective::MinutesAbove(share)), ..WhatIf::default() };
    let replayed = |share| present(&plan, &forecasts[0]).replay(&kept(share), &recorded).expect("recorded");
    let (strict, loose) = (replayed(0.001), replayed(0.2));
    assert!(strict.risk > 0.99 && loose.risk < 0.95, "{strict:?} {loose:?}");
    assert!(strict.side.instance_hours > loose.side.instance_hours, "{strict:?} {loose:?}");
}

#[test]
fn an_event_multiplies_what_is_forecast_while_it_lasts() {
    let forecast = forecast(&[100.0; 12]);
    let plan = planned(&group(4, 4), &forecast, &Settings::default(), None);
    let event = ExtraLoad { start: at_epoch(1_800), length: 900, multiplier: 3.0 };
    let ahead = |what_if: &WhatIf| present(&plan, &forecast).ahead(what_if).expect("all is recorded");
    let (now, then) = (ahead(&WhatIf::default()), ahead(&WhatIf { event: Some(event), ..WhatIf::default() }));
    assert!(then.most > now.most && then.want == now.want, "it is later than a lead time: {then:?} {now:?}");
    let at = |minute: i64| then.planned.at(at_epoch(60 * minute)).expect("within the hour");
    assert!(at(28) > at(5) && at(55) < at(40), "{:?}", then.planned);
    assert!(then.side.instance_hours > now.side.instance_hours + 1.0, "{then:?} {now:?}");
}

#[test]
fn what_cannot_be_computed_is_said() {
    let forecast = forecast(&[100.0; 12]);
    let plan = planned(&group(4, 4), &forecast, &Settings::default(), None);
    let bare = Plan { inputs: None, ..plan.clone() };
    let none = present(&bare, &forecast).ahead(&WhatIf::default()).expect_err("there is no record");
    assert!(none.contains("no record"), "{none}");
    let mut reactive = plan;
    reactive.inputs.as_mut().expect("recorded").settings.policy = Policy::Hpa.name().into();
    let none = present(&reactive, &forecast).ahead(&WhatIf::default()).expect_err("it has no forecast");
    assert!(none.contains("hpa does not plan by forecasts"), "{none}");
    let empty = Series::new(at_epoch(0), 60);
    let days = RecordedDays { forecasts: &[], load: &empty, complete_after: 0, serving: 1, events: &[] };
    assert!(present(&bare, &forecast).replay(&WhatIf::default(), &days).is_err_and(|e| e.contains("kept")));
}
