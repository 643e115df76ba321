//! What chance decides: the load, the group, its options, events, and what a person does.

use prescale::{
    cloud::simulator::{GroupSpec, Trace},
    domain::{
        decision::Mode,
        event::{Event, EventKind},
        fault::Fault,
        objective::Objective,
        series::Series,
        shift,
    },
    engine::{Engine, options::GroupOptions},
    link::Command,
    plan::{Policy, Settings, preflight::Limits},
};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use crate::{CYCLE, CYCLES, GROUP, HISTORY, start};

/// Load with a daily wave, noise, gaps, and now and then a jump.
fn trace(rng: &mut Pcg64Mcg) -> Trace {
    let (base, swing, noise) =
        (rng.random_range(50.0..800.0), rng.random_range(0.0..0.9), rng.random_range(0.0..0.3));
    let mut level: f64 = 1.0;
    let values: Vec<Option<f64>> = (0..HISTORY + CYCLES + 4)
        .map(|i| {
            let wave = 1.0 + swing * (std::f64::consts::TAU * i as f64 / 288.0).sin();
            if rng.random_bool(0.01) {
                level = rng.random_range(0.3..2.5);
            }
            let value = base * level * wave * (1.0 + noise * rng.random_range(-1.0..1.0));
            (!rng.random_bool(0.01)).then_some(value.max(0.0))
        })
        .collect();
    Trace { series: Series::from_values(start(), CYCLE, values), column: "requests".into() }
}

pub fn spec(rng: &mut Pcg64Mcg) -> GroupSpec {
    let min = rng.random_range(0..4);
    let boot = rng.random_range(60..500);
    GroupSpec {
        min,
        max: min + rng.random_range(1..30),
        boot: (boot, boot + rng.random_range(0..300)),
        noise: true,
        metrics_delay: rng.random_range(0..4) * 60,
        scale_in_protected: rng.random_range(0..3),
        target_tracking: rng.random_bool(0.15).then_some(50.0),
        ..GroupSpec::plain(GROUP, trace(rng), rng.random_range(20.0..90.0))
    }
}

pub fn options(rng: &mut Pcg64Mcg) -> GroupOptions {
    let some = |rng: &mut Pcg64Mcg, most| rng.random_bool(0.3).then(|| rng.random_range(1..most));
    let policy = match rng.random_range(0..10) {
        0 | 1 => Policy::Capacity,
        2 => Policy::TargetTracking,
        3 => Policy::Hpa,
        _ => Policy::Threshold,
    };
    GroupOptions {
        mode: [Mode::Auto, Mode::Auto, Mode::Auto, Mode::Approve, Mode::Observe][rng.random_range(0..5)],
        settings: Settings { policy, objective: objective(rng), ..Settings::default() },
        limits: Limits {
            step_out: some(rng, 8),
            step_in: some(rng, 4),
            cooldown_out: rng.random_range(0..2) * 120,
            cooldown_in: rng.random_range(0..2) * 600,
            actions_per_hour: rng.random_range(2..30),
            model_gate: rng.random_bool(0.2),
            ..Limits::default()
        },
        capacity: rng.random_bool(0.7).then_some(50.0),
        lead: rng.random_bool(0.5).then_some(300),
        ..GroupOptions::default()
    }
}

/// Four in five promise something.
fn objective(rng: &mut Pcg64Mcg) -> Option<Objective> {
    let share = 10f64.powf(rng.random_range(-4.0..-0.8));
    match rng.random_range(0..5) {
        0 => None,
        1 => Some(Objective::LostLoad(share)),
        _ => Some(Objective::MinutesAbove(share)),
    }
}

pub fn events(rng: &mut Pcg64Mcg) -> Vec<Event> {
    if rng.random_bool(0.7) {
        return vec![];
    }
    let from = shift(start(), CYCLE * (HISTORY + rng.random_range(0..CYCLES)));
    let kind = [EventKind::Freeze, EventKind::Sale][rng.random_range(0..2)];
    vec![Event {
        name: "Event".into(),
        kind,
        label: kind.name().into(),
        start: from,
        end: shift(from, 3_600 * rng.random_range(1..6)),
        multiplier: None,
        min_instances: rng.random_bool(0.5).then(|| rng.random_range(1..8)),
        groups: vec![],
    }]
}

/// What a person may do in this cycle.
pub fn person(rng: &mut Pcg64Mcg, engine: &Engine) -> Option<Command> {
    let group = GROUP.to_owned();
    let open = engine.groups().first().and_then(|w| w.proposals.open.as_ref()).map(|p| (p.id, p.revision));
    match (rng.random_range(0..200), open) {
        (0..4, _) => {
            Some(Command::Inject { group, fault: Fault::ALL[rng.random_range(0..Fault::ALL.len())] })
        }
        (4..7, _) => Some(Command::SetBrake { on: rng.random_bool(0.1) }),
        (7, _) => Some(Command::SetMode {
            group,
            mode: [Mode::Auto, Mode::Approve, Mode::Observe][rng.random_range(0..3)],
        }),
        (8..100, Some((id, revision))) => Some(Command::Approve { id, revision }),
        (100..120, Some((id, revision))) => Some(Command::Reject { id, revision, reason: "not now".into() }),
        _ => None,
    }
}
