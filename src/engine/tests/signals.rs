//! Every signal that a group can give: the simulation produces it, and the check that is named in
//! `docs/preflight.md` acts on it.

mod own;

use super::{GROUP, ask, engine_with, kinds, live, simulator_of, start, store};
use crate::domain::shift;
use crate::{
    cloud::simulator::{GroupSpec, Simulator},
    domain::{
        actuator::Actuator,
        fault::Fault,
        group::{GroupState, PolicyKind, ScalingPolicy, WarmPool},
        journal::JournalKind,
    },
    engine::{options::GroupOptions, *},
    link::Command,
};

/// An engine in `mode` on a group that `change` has altered, a minute old.
fn world(mode: Mode, change: impl FnOnce(GroupSpec) -> GroupSpec) -> (Simulator, Engine) {
    let simulator = simulator_of(|spec| change(GroupSpec { initial_desired: Some(10), ..spec }));
    let writer = simulator.clone();
    let group = GroupOptions { mode, capacity: Some(50.0), lead: Some(300), ..GroupOptions::default() };
    let mut engine = engine_with(&simulator, group, move || Box::new(writer.scaler()), store(), start());
    live(&mut engine, 2);
    (simulator, engine)
}

/// A quiet group of ten that nobody changes.
fn quiet() -> (Simulator, Engine) {
    world(Mode::Observe, |spec| spec)
}

fn inject(engine: &mut Engine, fault: Fault) {
    ask(engine, Command::Inject { group: GROUP.into(), fault }).expect("a simulation");
}

fn state(engine: &Engine) -> &GroupState {
    engine.groups()[0].state.as_ref().expect("seen")
}

/// What blocks a change by `by` instances now.
fn blocks(engine: &mut Engine, by: i32) -> Option<String> {
    let want = state(engine).desired.saturating_add_signed(by);
    let checks = engine.check(0, want, false).expect("the group was seen");
    checks.blocked_by().map(|(name, why)| {
        assert!(!why.is_empty(), "{name} says why");
        name.to_owned()
    })
}

/// What the list lets the group go to.
fn allowed(engine: &mut Engine, want: u32) -> Option<u32> {
    engine.check(0, want, false).expect("the group was seen").allowed
}

/// What `fault` blocks two minutes later: adding, removing.
fn effect(fault: Fault) -> (Option<String>, Option<String>) {
    let (_, mut engine) = quiet();
    assert_eq!((blocks(&mut engine, 2), blocks(&mut engine, -2)), (None, None), "quiet before {fault:?}");
    inject(&mut engine, fault);
    live(&mut engine, 2);
    (blocks(&mut engine, 2), blocks(&mut engine, -2))
}

fn name(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn suspended_processes_hold_their_direction() {
    let check = || name("processes not suspended");
    assert_eq!(effect(Fault::SuspendLaunch), (check(), None));
    assert_eq!(effect(Fault::SuspendLoadBalancer), (check(), None));
    assert_eq!(effect(Fault::SuspendTerminate), (None, check()));
    assert_eq!(effect(Fault::SuspendAlarms), (None, None), "no policy here is without its alarms");
    let step = ScalingPolicy { name: "steps".into(), kind: PolicyKind::Step, enabled: true };
    let (_, mut engine) = world(Mode::Auto, |spec| GroupSpec { policies: vec![step], ..spec });
    inject(&mut engine, Fault::SuspendAlarms);
    live(&mut engine, 1);
    assert_eq!((blocks(&mut engine, -2), blocks(&mut engine, 5)), (name("alarms not suspended"), None));
}

#[test]
fn launches_in_progress_are_not_reversed() {
    let (simulator, mut engine) = quiet();
    simulator.with(|w| w.set_desired(GROUP, 12)).expect("within bounds");
    live(&mut engine, 1);
    assert_eq!(state(&engine).pending(), 2);
    let checks = engine.check(0, 9, false).expect("seen").checks;
    let stands = |name: &str| {
        checks.iter().any(|c| c.name == name && c.verdict != crate::domain::preflight::Verdict::Pass)
    };
    assert!(stands("nothing in progress"));
    assert_eq!(blocks(&mut engine, 2), None, "more may be ordered: the order is absolute");
}

#[test]
fn the_first_checks_of_the_load_balancer_belong_to_the_lead_time() {
    let (simulator, mut engine) =
        world(Mode::Observe, |spec| GroupSpec { boot: (120, 120), checks: 240, ..spec });
    engine.groups[0].options.lead = None;
    simulator.with(|w| w.set_desired(GROUP, 12)).expect("within bounds");
    live(&mut engine, 4);
    let seen = state(&engine);
    assert!(
        seen.activities.items().iter().all(|a| !a.status.is_open()),
        "for Auto Scaling the launches are over"
    );
    assert_eq!((seen.in_service(), seen.pending()), (10, 2), "for the load balancer they are not");
    live(&mut engine, 4);
    assert_eq!(state(&engine).in_service(), 12);
    let (lead, launches) = engine.groups()[0].lead;
    assert!((330..=420).contains(&lead), "120 s and 240 s, seen once a minute: {lead} of {launches}");
    assert!(launches >= 2, "{launches}");
}

#[test]
fn launches_that_fail_or_do_not_arrive_stop_further_orders() {
    for fault in [Fault::LaunchFailure, Fault::LaunchStuck] {
        let (simulator, mut engine) = quiet();
        inject(&mut engine, fault);
        simulator.with(|w| w.set_desired(GROUP, 13)).expect("within bounds");
        let most = if fault == Fault::LaunchStuck { 16 } else { 8 };
        live(&mut engine, most);
        assert_eq!(blocks(&mut engine, 2), name("launches succeed"), "{fault:?}");
        live(&mut engine, 40);
        assert_eq!(blocks(&mut engine, 2), None, "{fault:?} passes");
    }
}

#[test]
fn life_cycle_hooks_hold_scale_in() {
    let (simulator, mut engine) = quiet();
    inject(&mut engine, Fault::LifecycleHook);
    simulator.with(|w| w.set_desired(GROUP, 9)).expect("within bounds");
    live(&mut engine, 20);
    assert_eq!(state(&engine).held_by_hooks(), 1);
    let checks = engine.check(0, 7, false).expect("seen").checks;
    assert!(checks.iter().any(|c| {
        c.name == "no lifecycle hook waiting" && c.verdict != crate::domain::preflight::Verdict::Pass
    }));
    live(&mut engine, 15);
    assert_eq!(blocks(&mut engine, -2), None);
}

#[test]
fn max_is_never_passed() {
    let (_, mut engine) = quiet();
    assert_eq!((allowed(&mut engine, 900), allowed(&mut engine, 0)), (Some(40), Some(1)));
}

#[test]
fn a_foreign_change_is_journalled_and_not_reversed() {
    let (_, mut engine) = quiet();
    inject(&mut engine, Fault::ForeignChange);
    live(&mut engine, 1);
    assert_eq!(state(&engine).desired, 12);
    assert!(kinds(&engine).contains(&JournalKind::Foreign));
    live(&mut engine, 7);
    assert_eq!(blocks(&mut engine, -2), name("no foreign change reverted"));
    assert_eq!(blocks(&mut engine, 2), None);
    live(&mut engine, 4);
    assert_eq!(blocks(&mut engine, -2), None, "after ten minutes the group is ours again");
}

#[test]
fn our_own_changes_are_not_taken_for_others() {
    let (_, mut engine) = world(Mode::Auto, |spec| spec);
    let steps = live(&mut engine, 600);
    assert!(steps.len() > 5 && !kinds(&engine).contains(&JournalKind::Foreign));
}

#[test]
fn a_policy_that_would_revert_stays_in_charge() {
    let predictive = ScalingPolicy { name: "ml".into(), kind: PolicyKind::Predictive, enabled: true };
    let (_, mut engine) = world(Mode::Observe, |spec| GroupSpec { policies: vec![predictive], ..spec });
    assert_eq!(blocks(&mut engine, -2), None, "its floor is moved, which fights with nobody");
    engine.groups[0].options.actuator = Some(Actuator::Desired);
    assert_eq!(blocks(&mut engine, 2), None, "it does not take back what is added");
    assert_eq!(blocks(&mut engine, -2), name("no policy conflict"));
}

#[test]
fn no_change_two_minutes_before_a_foreign_scheduled_action() {
    let (_, mut engine) = quiet();
    inject(&mut engine, Fault::ForeignSchedule);
    live(&mut engine, 7);
    assert_eq!(blocks(&mut engine, -2), None);
    live(&mut engine, 2);
    assert_eq!(
        (blocks(&mut engine, -2), blocks(&mut engine, 2)),
        (name("no scheduled action imminent"), None)
    );
    live(&mut engine, 2);
    assert_eq!(state(&engine).desired, 12, "it fired");
    assert_eq!(blocks(&mut engine, -2), name("nothing in progress"));
    assert!(kinds(&engine).contains(&JournalKind::Foreign));
}

#[test]
fn an_instance_refresh_holds_scale_in() {
    assert_eq!(effect(Fault::InstanceRefresh), (None, name("no instance refresh")));
    let (_, mut engine) = world(Mode::Auto, |spec| spec);
    inject(&mut engine, Fault::InstanceRefresh);
    for _ in 0..30 {
        let steps = live(&mut engine, 1);
        let removes = steps.iter().any(|step| step.decision.to < step.decision.from);
        assert!(state(&engine).refresh.known() == Some(&None) || !removes, "{steps:?}");
    }
}

#[test]
fn a_warm_pool_being_deleted_holds_scale_in() {
    let pool = Some(WarmPool { size: Some(3), deleting: true });
    let (_, mut engine) = world(Mode::Observe, |spec| GroupSpec { warm_pool: pool, ..spec });
    assert_eq!((blocks(&mut engine, -2), blocks(&mut engine, 2)), (name("warm pool steady"), None));
}

#[test]
fn weights_keep_scale_in_above_twice_the_largest() {
    let (_, mut engine) = world(Mode::Observe, |spec| GroupSpec { weight: 3, ..spec });
    assert_eq!(state(&engine).in_service(), 30, "units, not instances");
    assert_eq!(allowed(&mut engine, 2), Some(6));
}

/// What one unit serves is learned, and planned in: the orders are in units, and AWS rounds them up to instances.
#[test]
fn a_group_with_weights_is_planned_in_units() {
    let simulator = simulator_of(|spec| GroupSpec { weight: 3, max: 90, ..spec });
    let writer = simulator.clone();
    let options = GroupOptions { mode: Mode::Auto, ..GroupOptions::default() };
    let mut engine = engine_with(&simulator, options, move || Box::new(writer.scaler()), store(), start());
    let (mut short, mut odd, mut orders) = (0, 0, 0);
    for step in live(&mut engine, 24 * 60) {
        orders += 1;
        odd += i32::from(step.decision.to % 3 != 0);
    }
    for tick in simulator.with(|world| world.ticks(GROUP, shift(start(), 1_800), engine.now())) {
        short += i32::from(tick.load > 0.85 * 50.0 * f64::from(tick.size.in_service));
    }
    let (unit, _) = engine.groups[0].memory.capacity.clone().expect("a day is enough to learn it");
    assert!((unit - 50.0 / 3.0).abs() < 0.5, "{unit} a unit, a third of an instance");
    assert!(
        orders > 20 && odd > 5 && short < 15,
        "{orders} orders, {odd} of them odd, {short} minutes short"
    );
    let said = kinds(&engine);
    assert!(
        !said.iter().any(|kind| [JournalKind::Foreign, JournalKind::Unconfirmed].contains(kind)),
        "{said:?}"
    );
}

#[test]
fn a_replacement_under_way_holds_scale_in() {
    let (_, mut engine) = quiet();
    inject(&mut engine, Fault::Rebalance);
    live(&mut engine, 8);
    assert_eq!((state(&engine).in_service(), state(&engine).desired), (11, 10));
    assert_eq!((blocks(&mut engine, -2), blocks(&mut engine, 2)), (name("no rebalancing"), None));
    live(&mut engine, 27);
    assert_eq!(blocks(&mut engine, -2), None);
}

#[test]
fn an_impaired_zone_holds_scale_in_and_trips_the_brake() {
    let (_, mut engine) = quiet();
    inject(&mut engine, Fault::ZoneImpaired);
    live(&mut engine, 2);
    assert!(state(&engine).unhealthy() > 0 && state(&engine).in_service() > 0);
    assert_eq!((blocks(&mut engine, -8), blocks(&mut engine, 2)), (name("zones not impaired"), None));
    live(&mut engine, 8);
    assert!(engine.brake && kinds(&engine).contains(&JournalKind::Brake));
}

#[test]
fn protected_instances_are_not_planned_away() {
    assert_eq!(effect(Fault::ProtectInstances), (None, name("scale-in protection")));
    let (_, mut engine) = world(Mode::Observe, |spec| GroupSpec { scale_in_protected: 7, ..spec });
    assert_eq!(allowed(&mut engine, 2), Some(7));
}
