//! An explanation of a small history, in each form; and which decision is meant.

use chrono_tz::Europe::Berlin;

use super::*;
use crate::{
    domain::{
        actuator::Act,
        at_epoch,
        decision::{Mode, Stage},
        event::EventKind,
        forecast::Forecast,
        inputs::{EventInputs, InstanceInputs, PlanInputs, PreflightInputs},
        journal::JournalKind,
        plan::{Basis, Plan},
        preflight::{Preflight, PreflightCheck, Verdict},
    },
    report::ReportError,
};

/// 2023-11-14 22:15 UTC, 23:15 in Berlin.
const AT: i64 = 1_700_000_100;

fn decision(at: i64) -> Decision {
    let check = |name: &str, verdict| PreflightCheck::of(name, verdict);
    let at = at_epoch(at);
    Decision {
        id: 0,
        revision: 1,
        group: "web".into(),
        at,
        from: 4,
        to: 6,
        stage: Stage::Applied,
        expires: at,
        mode: Mode::Auto,
        plan: Plan {
            at,
            policy: "capacity".into(),
            from: 4,
            want: 7,
            unheld: None,
            reasons: vec![
                "demand reaches 500 (p95) in 10 min; at 80 % of 100 per instance that needs 7".into(),
            ],
            basis: Some(Basis {
                model: "blend".into(),
                risk: 0.95,
                demand: 500.0,
                binding: shift(at, 600),
                capacity: 100.0,
                target: 0.8,
                lead: 600,
                events: vec!["Sale".into()],
            }),
            reactive: Some(5),
            inputs: None,
        },
        preflight: Preflight {
            checks: vec![
                check("data fresh", Verdict::Pass),
                check("step size", Verdict::Clamp { to: 6, reason: "3 at once wanted, 2 allowed".into() }),
                check("cooldown", Verdict::Pass),
            ],
            allowed: Some(6),
            inputs: None,
        },
        act: Some(Act::Desired { to: 6 }),
        cost_and_risk: None,
        undoes: None,
        lease: None,
    }
}

fn with_inputs(mut decision: Decision) -> Decision {
    let event = EventInputs {
        name: "Sale".into(),
        kind: EventKind::Sale,
        start: shift(decision.at, 300),
        end: shift(decision.at, 3_900),
        multiplier: Some(1.5),
        min_instances: None,
    };
    let mut plan = PlanInputs { load: Some(390.0), events: vec![event], ..PlanInputs::default() };
    plan.group.desired = decision.from;
    let mut checks = PreflightInputs::default();
    (checks.group.min, checks.group.max, checks.group.desired) = (2, 40, 4);
    checks.group.instances = vec![InstanceInputs { count: 4, ..InstanceInputs::default() }];
    checks.data.age = Some(75);
    (decision.plan.inputs, decision.preflight.inputs) = (Some(Box::new(plan)), Some(Box::new(checks)));
    decision
}

/// Demand of 10 more each step, from an hour before the decision to an hour after it; a forecast; two decisions.
fn store() -> Store {
    let mut store = Store::in_memory().expect("memory");
    let start = at_epoch(AT - 3_600);
    let demand = Series::from_values(start, 300, (0..24).map(|i| Some(300.0 + 10.0 * f64::from(i))));
    let minutes =
        |value: fn(i32) -> f64| Series::from_values(at_epoch(AT), 60, (0..60).map(|i| Some(value(i))));
    store.append("web", Metric::Demand, &demand).expect("writable");
    store.append("web", Metric::Cpu, &minutes(|i| if i < 5 { 85.0 } else { 70.0 })).expect("writable");
    store.append("web", Metric::InService, &minutes(|i| if i < 6 { 4.0 } else { 6.0 })).expect("writable");
    let rows = (0..4).map(|i| LEVELS.map(|level| 400.0 + 10.0 * f64::from(i) + 100.0 * level)).collect();
    let made = Forecast {
        origin: at_epoch(AT - 60),
        step: 300,
        model: "blend".into(),
        rows,
        first: at_epoch(AT - 300),
    };
    store.save_forecast("web", &made).expect("writable");
    let line = |at: i64, kind, text: &str| JournalEntry {
        id: 0,
        at: at_epoch(at),
        group: Some("web".into()),
        kind,
        operator: "prescale".into(),
        text: text.into(),
        decision: None,
    };
    let lines = vec![
        line(AT, JournalKind::Intent, "4 → 6"),
        line(AT + 2, JournalKind::Outcome, "desired capacity is 6"),
    ];
    store.record_with(&mut with_inputs(decision(AT)), lines, &[]).expect("writable");
    store
        .record(&mut decision(AT + 1_200), line(AT + 1_200, JournalKind::Intent, "6 → 7"))
        .expect("writable");
    store
}

fn explained(id: i64) -> Explanation {
    let store = store();
    let decision = find(&store, DecisionKey::Id(id), None, Berlin).expect("it is there");
    Explanation::read(&store, decision, 0.8).expect("readable")
}

#[test]
fn it_says_what_was_known_planned_checked_and_done_and_what_came() {
    let text = explained(1).text(Berlin);
    let lines = [
        "web, decision 1, 2023-11-14 23:15 CET: applied",
        "load now             390.0 a step",
        "demand planned for   500.0 a step (p95) in 10 min, at 23:25",
        "one instance serves  100.0 a step at 100 %, 80.0 at the target of 80 %",
        "calendar             “Sale” (sale) 23:20 to 00:20, 1.5 times an ordinary day",
        "group                4 wanted of 2 to 40: 4 InService",
        "newest load          75 s old",
        "Forecast made at 23:14 by blend",
        "step   min ahead    p10    p50    p90    p95    p99   came",
        "23:15          5  420.0  460.0  500.0  505.0  509.0  420.0",
        "demand reaches 500 (p95) in 10 min; at 80 % of 100 per instance that needs 7",
        "Preflight: allows 6",
        "cut to 6 by “step size”: 3 at once wanted, 2 allowed",
        "passed: data fresh (newest point 1 min old, limit 20 min); cooldown",
        "call     set the desired capacity to 6",
        "23:15 outcome by prescale: desired capacity is 6",
        "Afterwards, until 2023-11-15 00:15 CET",
        "highest demand        530.0 a step at 00:10, 6 % above what was planned for",
        "in service            4 at first, then 4 to 6",
        "CPU above the target  5 of 60 min",
        "next decision         2 at 23:35",
    ];
    let missing: Vec<_> = lines.into_iter().filter(|line| !text.contains(line)).collect();
    assert!(missing.is_empty(), "{missing:#?}\n{text}");
    assert!(!text.contains("23:10          "), "a step that was over is no forecast: {text}");
}

#[test]
fn a_record_of_an_older_version_is_explained_as_far_as_it_goes() {
    let text = explained(2).text(Berlin);
    assert!(text.contains("newest step of demand  450.0 from 23:30"), "{text}");
    assert!(text.contains("calendar               Sale\n"), "{text}");
    assert!(
        text.contains("group                  not recorded by the version that made this decision"),
        "{text}"
    );
    let late = Explanation::read(&store(), decision(AT + 20_000), 0.8).expect("readable");
    assert!(late.text(Berlin).contains("The forecast is no longer kept."));
    assert_eq!((late.afterwards.peak, late.afterwards.above_target), (None, None), "nothing is known of it");
}

#[test]
fn the_step_that_runs_at_the_moment_of_the_decision_is_not_known_then() {
    let mut within = with_inputs(decision(AT + 120));
    within.plan.inputs.as_mut().expect("it has them").settings.target = 0.6;
    let explained = Explanation::read(&store(), within, 0.8).expect("readable");
    assert_eq!(explained.before.last().map(|(start, _)| start.timestamp()), Some(AT - 300));
    assert_eq!(explained.afterwards.demand.first().map(|(start, _)| start.timestamp()), Some(AT));
    let (above, known) = explained.afterwards.above_target.expect("CPU is known");
    assert_eq!(above, known, "CPU of 70 % is above the target of then");
}

#[test]
fn markdown_and_json_say_the_same_and_nothing_in_them_is_markup() {
    let mut explained = explained(1);
    let json = serde_json::to_value(&explained).expect("JSON");
    assert_eq!(json["forecast"]["steps"][0]["quantiles"]["p95"], 505.0);
    assert_eq!(json["forecast"]["steps"][0]["came"], 420.0);
    assert_eq!(json["decision"]["plan"]["inputs"]["load"], 390.0);
    assert_eq!(json["afterwards"]["peak"][1], 530.0);
    explained.decision.group = "<b>web|\u{1b}[31m".into();
    let text = explained.markdown(Berlin);
    assert!(text.starts_with("# \\<b\\>web\\|\\[31m, decision 1, 2023"), "{text}");
    assert!(text.contains("\n## Preflight: allows 6\n\n- cut to 6"), "{text}");
    assert!(text.contains("| step | min ahead | p10 |") && text.contains("|---|---|---|"), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_decision_that_is_not_there_names_those_beside_it() {
    let store = store();
    let ask =
        |key, group| find(&store, key, group, Berlin).map(|d| d.id).map_err(|e: ReportError| e.to_string());
    assert_eq!(ask(DecisionKey::Minute(at_epoch(AT)), None), Ok(1));
    assert_eq!(ask(DecisionKey::Minute(at_epoch(AT + 1_200)), Some("web")), Ok(2));
    assert_eq!(
        ask(DecisionKey::Minute(at_epoch(AT + 60)), Some("web")),
        Err("web has no decision of 2023-11-14 23:16 CET; the nearest: 1 (web, 2023-11-14 23:15 CET, applied); \
             2 (web, 2023-11-14 23:35 CET, applied)"
            .into())
    );
    let none = ask(DecisionKey::Id(7), None).expect_err("there are two");
    assert!(none.starts_with("there is no decision 7; the nearest: 1 (web"), "{none}");
    let other = ask(DecisionKey::Id(1), Some("api")).expect_err("it is web's");
    assert!(other.contains("decision 1 is one of the group web; there are none near it"), "{other}");
    let empty = find(&Store::in_memory().expect("memory"), DecisionKey::Minute(at_epoch(AT)), None, Berlin);
    assert!(matches!(empty, Err(ReportError::Empty)));
}
