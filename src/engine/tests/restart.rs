//! A restart before every minute changes no decision: what must outlive one is written with each step.

use proptest::prelude::*;

use super::*;
use crate::{
    cloud::simulator::{Publishing, Simulator},
    domain::{actuator::Actuator, fault::Fault, shift},
    engine::{options::GroupOptions, *},
    link::Command,
};

/// Minutes of a run: nine cycles.
const MINUTES: i64 = 45;

/// Something that happens in a minute beside the load.
#[derive(Debug, Clone)]
enum Happening {
    Fault(Fault),
    Brake(bool),
    Approve,
    Reject,
    Snooze(u32),
}

fn any_happening() -> impl Strategy<Value = Happening> {
    // An account that cannot be read at the start shows no groups; they go on when it answers.
    let faults: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Throttling).collect();
    prop_oneof![
        3 => prop::sample::select(faults).prop_map(Happening::Fault),
        1 => any::<bool>().prop_map(Happening::Brake),
        2 => Just(Happening::Approve),
        2 => Just(Happening::Reject),
        2 => (1_u32..20).prop_map(Happening::Snooze),
    ]
}

/// What a run left: decisions in their order, and the journal of the group without ids.
type Left = (Vec<GroupDecision>, Vec<String>);

fn begin(world: &Simulator, group: &GroupOptions, store: Store, now: Time) -> Engine {
    let (cloud, writer) = (world.clone(), world.clone());
    let access = CloudAccess {
        source: Box::new(cloud.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(cloud),
    };
    let options = EngineOptions { backfill: 60 * 300, ..options_of(group.clone(), now) };
    Engine::new(options, access, store).expect("the store is readable")
}

fn happen(engine: &mut Engine, happening: &Happening) {
    let open = engine.groups[0].proposals.open.clone();
    let command = match (happening, open) {
        (Happening::Fault(fault), _) => Command::Inject { group: GROUP.into(), fault: *fault },
        (Happening::Brake(on), _) => Command::SetBrake { on: *on },
        (Happening::Approve, Some(open)) => Command::Approve { id: open.id, revision: open.revision },
        (Happening::Reject, Some(Decision { id, revision, .. })) => {
            Command::Reject { id, revision, reason: "not now".into() }
        }
        (Happening::Snooze(minutes), Some(Decision { id, revision, .. })) => {
            Command::Snooze { id, revision, minutes: *minutes }
        }
        (_, None) => return,
    };
    // What is refused is refused in both runs.
    let _ = ask(engine, command);
}

/// Lives through the run, in one go or with a new engine before every minute.
fn live_through(group: &GroupOptions, happenings: &[(i64, Happening)], restarts: bool) -> Left {
    // A step that is corrected after it was learned is learned as corrected by an engine that starts later: its forecasts differ
    // by a little. Here every minute comes whole.
    let publishing = Publishing::AtOnce;
    let world = simulator_of(|spec| GroupSpec { initial_desired: Some(14), publishing, ..spec });
    let mut engine = begin(&world, group, store(), start());
    let mut decided = Vec::new();
    for minute in 0..MINUTES {
        let now = shift(start(), 60 * minute);
        if restarts {
            let Engine { store, .. } = engine;
            engine = begin(&world, group, store, now);
        }
        decided.extend(block(engine.minute(now)).expect("the store is writable"));
        for (_, happening) in happenings.iter().filter(|(at, _)| *at == minute) {
            happen(&mut engine, happening);
        }
    }
    let lines = engine.store().journal(5_000, None).expect("readable");
    let lines = lines.into_iter().filter(|line| line.group.is_some());
    // An engine that begins reads more.
    for inputs in decided.iter_mut().filter_map(|d: &mut GroupDecision| d.decision.preflight.inputs.as_mut())
    {
        inputs.pace.calls = 0;
    }
    (decided, lines.map(|l| format!("{} {} {}: {}", l.at, l.kind, l.operator, l.text)).collect())
}

fn any_group() -> impl Strategy<Value = GroupOptions> {
    let mode = prop::sample::select(vec![Mode::Observe, Mode::Approve, Mode::Auto, Mode::Auto]);
    let actuator = prop::sample::select(vec![None, Some(Actuator::Floor)]);
    (mode, actuator, any::<bool>()).prop_map(|(mode, actuator, given)| GroupOptions {
        mode,
        actuator,
        capacity: given.then_some(50.0),
        ..GroupOptions::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn a_restart_before_every_minute_finds_the_same_decisions(
        group in any_group(),
        happenings in prop::collection::vec((0..MINUTES, any_happening()), 0..6),
    ) {
        let (whole, lines) = live_through(&group, &happenings, false);
        let (cut, cut_lines) = live_through(&group, &happenings, true);
        prop_assert_eq!(&cut_lines, &lines);
        prop_assert_eq!(cut, whole);
    }
}

#[test]
fn a_run_that_acts_is_among_those_that_are_compared() {
    let group = GroupOptions { mode: Mode::Auto, capacity: Some(50.0), ..GroupOptions::default() };
    let happenings = [(20, Happening::Fault(Fault::Surge)), (30, Happening::Fault(Fault::ForeignChange))];
    let (whole, lines) = live_through(&group, &happenings, false);
    assert!(whole.len() > 2 && lines.iter().any(|line| line.contains("foreign")), "{lines:#?}");
    let (cut, cut_lines) = live_through(&group, &happenings, true);
    assert_eq!(cut_lines, lines);
    assert_eq!(cut, whole);
}

/// Both ways of the run leave the same, and a line of the journal says `told` if it `is_told`.
fn comes_out_the_same(happenings: &[(i64, Happening)], told: &str, is_told: bool) {
    let group = GroupOptions::default();
    let (whole, lines) = live_through(&group, happenings, false);
    assert_eq!(lines.iter().any(|line| line.contains(told)), is_told, "{lines:#?}");
    let (cut, cut_lines) = live_through(&group, happenings, true);
    assert_eq!(cut_lines, lines);
    assert_eq!(cut, whole);
}

#[test]
fn a_step_learned_before_an_incident_was_detected_stays_learned() {
    comes_out_the_same(&[(6, Happening::Fault(Fault::ZoneImpaired))], "excluded from training", true);
}

#[test]
fn a_brake_that_was_released_stays_so_for_a_while() {
    let happenings = [(3, Happening::Brake(false)), (21, Happening::Fault(Fault::ErrorsRise))];
    comes_out_the_same(&happenings, "the brake engaged", false);
    comes_out_the_same(&happenings[1..], "the brake engaged", true);
}

#[test]
fn an_interrupted_act_that_took_effect_counts_as_any_other() {
    let group = GroupOptions { mode: Mode::Auto, capacity: Some(50.0), ..GroupOptions::default() };
    let small = |spec| GroupSpec { initial_desired: Some(2), publishing: Publishing::AtOnce, ..spec };
    let world = simulator_of(small);
    let mut engine = begin(&world, &group, store(), start());
    let decided = block(engine.minute(start())).expect("the store is writable");
    let applied = |d: &Decision| d.stage == Stage::Applied;
    let mut act =
        decided.into_iter().map(|d| d.decision).find(applied).expect("a group that is too small grows");
    // As a kill between the call and its outcome leaves it.
    let Engine { mut store, .. } = engine;
    act.stage = Stage::Intended;
    store.update_decision(&act).expect("the store is writable");
    let key = crate::store::keys::memory::<group::Memory>(GROUP);
    let mut memory = store.get(&key).expect("readable").expect("it is remembered");
    assert_eq!(memory.actions.pop_back(), Some((act.at, true)));
    store.set(&key, &memory).expect("the store is writable");
    let now = shift(start(), 60);
    let mut engine = begin(&world, &group, store, now);
    block(engine.minute(now)).expect("the store is writable");
    let lines = engine.store().journal(50, None).expect("readable");
    assert!(lines.iter().any(|line| line.text.starts_with("confirmed after a restart")), "{lines:?}");
    assert!(engine.groups()[0].memory.actions.contains(&(act.at, true)), "it counts for cooldowns");
}
