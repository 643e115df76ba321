//! Every decision of a long run comes out the same from its record alone, and none of them is much larger for it.

use std::collections::BTreeMap;

use super::{ask, block, live, options_of, start, store, trace};
use crate::{
    cloud::simulator::{GroupSpec, Simulator, World},
    domain::{
        actuator::{Act, Actuator},
        decision::{Decision, Mode, Stage},
        event::{Event, EventKind},
        fault::Fault,
        group::WarmPool,
        objective::Objective,
        preflight::Verdict,
        shift,
    },
    engine::{
        Engine,
        options::{CloudAccess, EngineOptions, GroupOptions},
    },
    link::Command,
    plan::{
        Policy, Settings,
        preflight::{Limits, ScaleOutHold},
        replay::{Replay, replay},
    },
};

/// Days of the run.
const DAYS: i64 = 3;
/// Groups that differ in what plan and preflight look at.
const GROUPS: [&str; 10] = [
    "plain",
    "approved",
    "tracked",
    "scheduled",
    "pooled",
    "predictive",
    "tracking",
    "steps",
    "hpa",
    "threshold",
];

fn spec(name: &str) -> GroupSpec {
    let plain = GroupSpec { noise: true, ..GroupSpec::plain(name, trace(), 50.0) };
    match name {
        "tracked" | "scheduled" => GroupSpec { min: 2, target_tracking: Some(50.0), ..plain },
        "pooled" => {
            GroupSpec { warm_pool: Some(WarmPool { size: Some(6), deleting: false }), weight: 2, ..plain }
        }
        _ => plain,
    }
}

fn options(name: &str) -> GroupOptions {
    let of =
        |settings, limits| GroupOptions { mode: Mode::Auto, settings, limits, ..GroupOptions::default() };
    let plain = of(Settings::default(), Limits::default());
    match name {
        "approved" => GroupOptions { mode: Mode::Approve, ..plain },
        "scheduled" => GroupOptions { actuator: Some(Actuator::Scheduled), ..plain },
        "tracked" => {
            let objective = Some(Objective::MinutesAbove(0.01));
            of(Settings { objective, hold: 900, ..Settings::default() }, Limits::default())
        }
        "pooled" => {
            let hold_scale_out = vec![ScaleOutHold::Refresh, ScaleOutHold::Foreign];
            let limits = Limits {
                step_out: Some(3),
                step_in: Some(1),
                cooldown_in: 600,
                hold_scale_out,
                ..Limits::default()
            };
            of(Settings { risk: 0.6, ..Settings::default() }, limits)
        }
        _ => match policy(name) {
            Some(policy) => of(Settings { policy, ..Settings::default() }, Limits::default()),
            None => plain,
        },
    }
}

/// The policy of a group that has not the default one.
fn policy(name: &str) -> Option<Policy> {
    match name {
        "predictive" => Some(Policy::AwsPredictive),
        "tracking" => Some(Policy::TargetTracking),
        "steps" => Some(Policy::StepScaling),
        "hpa" => Some(Policy::Hpa),
        "threshold" => Some(Policy::Threshold),
        _ => None,
    }
}

/// A sale every afternoon and a freeze every night.
fn events() -> Vec<Event> {
    let event = |day: i64, hour: i64, name: &str, kind, min_instances: Option<u32>| Event {
        name: name.into(),
        kind,
        label: name.into(),
        start: shift(start(), 86_400 * day + 3_600 * hour),
        end: shift(start(), 86_400 * day + 3_600 * (hour + 2)),
        multiplier: min_instances.map(|_| 1.5),
        min_instances,
        groups: vec![],
    };
    let of = |day| {
        [event(day, 14, "sale", EventKind::Sale, Some(9)), event(day, 20, "freeze", EventKind::Freeze, None)]
    };
    (0..DAYS).flat_map(of).collect()
}

fn engine(groups: &[&str]) -> Engine {
    let specs = groups.iter().map(|name| spec(name)).collect();
    let simulator = Simulator::new(World::new(specs, start(), 1));
    let writer = simulator.clone();
    let world = CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator),
    };
    let options = EngineOptions {
        group: Box::new(options),
        events: events(),
        ..options_of(GroupOptions::default(), start())
    };
    Engine::new(options, world, store()).expect("a fresh store")
}

/// Three days in which each group has each fault, operators answer and undo, and the brake goes on and off.
fn long_run() -> Engine {
    let mut engine = engine(&GROUPS);
    for quarter in 0..DAYS * 96 {
        live(&mut engine, 15);
        let turn = quarter as usize;
        if quarter % 2 == 0 {
            let (group, fault) = (GROUPS[turn / 2 % GROUPS.len()], Fault::ALL[turn / 2 % Fault::ALL.len()]);
            let _ = ask(&mut engine, Command::Inject { group: group.into(), fault });
        }
        let open = engine.groups.iter().find_map(|group| group.proposals.open.clone());
        let answer = open.map(|open| match turn % 4 {
            0 => Command::Reject { id: open.id, revision: open.revision, reason: "no".into() },
            1 => Command::Snooze { id: open.id, revision: open.revision, minutes: 10 },
            _ => Command::Approve { id: open.id, revision: open.revision },
        });
        let undone = (turn % 40 == 39).then_some(Command::Undo { decision: turn as i64 / 4 });
        let brake = (turn % 30 == 10).then_some(Command::SetBrake { on: true });
        let released = (turn % 30 == 12).then_some(Command::SetBrake { on: false });
        // Whether it can be done now is not the question here.
        for command in [answer, undone, brake, released].into_iter().flatten() {
            let _ = ask(&mut engine, command);
        }
    }
    block(engine.leave()).expect("writable");
    engine
}

fn decisions(engine: &Engine) -> Vec<Decision> {
    let all = engine.store().decisions_after(0, None, usize::MAX).expect("readable");
    all.into_iter().map(|(_, decision)| decision.expect("whole")).collect()
}

#[test]
fn every_decision_of_a_long_run_comes_out_the_same_from_its_record_alone() {
    let engine = long_run();
    let all = decisions(&engine);
    let mut same: BTreeMap<&str, usize> = BTreeMap::new();
    for decision in &all {
        match replay(decision) {
            Replay::Same => *same.entry(decision.group.as_str()).or_default() += 1,
            Replay::NoPlan => assert_eq!(decision.plan.policy, "floor"),
            other => panic!("decision {} of {}: {other:#?}\n{decision:#?}", decision.id, decision.group),
        }
    }
    assert!(GROUPS.iter().all(|group| same.get(group).is_some_and(|n| *n >= 5)), "{same:?}");
    let stages: BTreeMap<&str, usize> = all.iter().fold(BTreeMap::new(), |mut stages, decision| {
        *stages.entry(decision.stage.name()).or_default() += 1;
        stages
    });
    let seen = ["applied", "rejected", "superseded"].map(|stage| stages.contains_key(stage));
    assert_eq!(seen, [true; 3], "{stages:?}");
    assert!(all.iter().any(|d| d.undoes.is_some()), "an undo is among them");
    let cut = |d: &Decision| d.preflight.checks.iter().any(|c| matches!(c.verdict, Verdict::Clamp { .. }));
    let acted = |d: &&Decision| d.mode == Mode::Auto && d.stage == Stage::Applied && d.plan.want > d.to;
    let acted: Vec<&Decision> = all.iter().filter(acted).collect();
    assert!(!acted.is_empty() && acted.iter().all(|d| cut(d)), "a record shows what cut the plan");
    grows_little(&engine, &all);
}

/// Bytes of a decision with its lines of the journal in this run, before its inputs were kept.
const BEFORE: u64 = 1_914;

/// A history of these decisions and their lines of the journal is less than a quarter larger than it was without inputs.
fn grows_little(engine: &Engine, all: &[Decision]) {
    let mut store = store();
    for decision in all {
        let lines = engine.store().journal_of(decision.id, 99).expect("readable");
        store.record_with(&mut Decision { id: 0, ..decision.clone() }, lines, &[]).expect("writable");
    }
    let each = store.size() / all.len() as u64;
    assert!(4 * each < 5 * BEFORE, "{} decisions of {each} B each", all.len());
    println!("{} decisions of {each} B each", all.len());
}

/// What is altered in a record is named, with both values.
#[test]
fn an_altered_record_does_not_come_out_the_same() {
    let mut engine = engine(&["plain"]);
    live(&mut engine, 400);
    let removed = |d: &Decision| d.stage == Stage::Applied && d.to < d.from && d.plan.basis.is_some();
    let decision = decisions(&engine).into_iter().find(removed).expect("some were applied");
    assert_eq!(replay(&decision), Replay::Same);
    let fields = |alter: &dyn Fn(&mut Decision)| -> Vec<String> {
        let mut altered = decision.clone();
        alter(&mut altered);
        match replay(&altered) {
            Replay::Differs(found) => {
                let mut fields: Vec<String> = found.into_iter().map(|one| one.field).collect();
                fields.sort();
                fields
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fields(&|d| d.plan.want += 1), ["plan.want"]);
    assert_eq!(fields(&|d| d.to += 1), ["act", "to"]);
    assert_eq!(fields(&|d| d.act = Some(Act::Desired { to: d.to + 60 })), ["act"]);
    assert_eq!(
        fields(&|d| d.preflight.inputs.as_mut().expect("it has them").want += 90)[0],
        "preflight.allowed"
    );
    assert_eq!(fields(&|d| d.plan.basis.as_mut().expect("it has one").demand += 0.5), ["plan.basis.demand"]);
    assert_eq!(fields(&|d| d.plan.reasons[0].push('!')), ["plan.reasons[0]"]);
    let of_check = fields(&|d| {
        d.preflight.checks[0].verdict = Verdict::Block { reason: "no".into() };
    });
    assert_eq!(of_check, ["preflight.“within min and max”"]);
    let absurd = fields(&|d| d.plan.inputs.as_mut().expect("it has them").lead = i64::MAX);
    assert_eq!(absurd, ["plan.inputs"]);
    let absurd = fields(&|d| d.preflight.inputs.as_mut().expect("it has them").group.age = i64::MIN);
    assert_eq!(absurd, ["preflight.inputs"]);
    let mut later = decision.clone();
    later.preflight.checks.retain(|check| check.name != "cooldown");
    assert_eq!(replay(&later), Replay::Same, "a check that passes may be newer than the record");
    let aged = fields(&|d| d.preflight.inputs.as_mut().expect("it has them").limits.max_data_age = -1);
    assert_eq!(aged, ["preflight.allowed", "preflight.“data fresh”"]);
    assert!(!fields(&|d| d.plan.inputs.as_mut().expect("it has them").settings.target = 0.4).is_empty());
    assert!(
        !fields(&|d| d.plan.inputs.as_mut().expect("it has them").settings.policy = "x".into()).is_empty()
    );
    assert!(!fields(&|d| d.plan.at = shift(d.plan.at, 900)).is_empty(), "it cannot be moved in time");
    assert_eq!(replay(&decision.clone().without_inputs()), Replay::NoInputs);
}
