//! Safety that holds capacity does not hold it from rising, what could not be read is unknown, and one bad group or a
//! clock that is put right stops nobody else.

use std::collections::BTreeMap;

use super::{floor::acting, *};
use crate::{
    cloud::{CloudError, MetricQuery, MetricSource, simulator::SimulatedSource},
    domain::{
        actuator::Act,
        event::{Event, EventKind},
        group::GroupState,
        preflight::Verdict,
        reading::Reading,
    },
    plan::preflight::{Limits, ScaleOutHold},
};

/// The simulated cloud, of which some answers are spoilt.
struct SpoiltSource {
    inner: SimulatedSource,
    spoil: fn(&mut GroupState),
    /// A group whose answer is damaged.
    damaged: Option<&'static str>,
}

#[async_trait::async_trait]
impl MetricSource for SpoiltSource {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        let mut groups = self.inner.groups(now).await?;
        groups.retain(|group| self.damaged != Some(group.name.as_str()));
        groups.iter_mut().for_each(self.spoil);
        Ok(groups)
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        self.inner.metrics(now, queries).await
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }

    fn left_out(&self) -> BTreeMap<String, String> {
        let why = |name: &&str| ((*name).to_owned(), "the answer is damaged: MaxSize is missing".to_owned());
        self.damaged.iter().map(why).collect()
    }

    fn name(&self) -> String {
        "spoilt".into()
    }
}

fn spoil(simulator: &Simulator, engine: &mut Engine, spoil: fn(&mut GroupState)) {
    let inner = simulator.source();
    engine.world.source = Box::new(SpoiltSource { inner, spoil, damaged: None });
}

fn auto() -> GroupOptions {
    GroupOptions { mode: Mode::Auto, capacity: Some(50.0), lead: Some(300), ..GroupOptions::default() }
}

/// An engine in `auto` on a group of `desired`, two minutes old.
fn of(desired: u32, options: GroupOptions) -> (Simulator, Engine) {
    let simulator = simulator_of(|spec| GroupSpec { initial_desired: Some(desired), ..spec });
    let mut engine = acting(&simulator, options, store(), start());
    live(&mut engine, 2);
    (simulator, engine)
}

fn inject(engine: &mut Engine, fault: Fault) {
    ask(engine, Command::Inject { group: GROUP.into(), fault }).expect("a simulation");
}

fn desired(engine: &Engine) -> u32 {
    engine.groups()[0].state.as_ref().expect("seen").desired
}

fn applied(steps: &[GroupDecision]) -> Vec<&Decision> {
    steps.iter().map(|s| &s.decision).filter(|d| d.stage == Stage::Applied).collect()
}

fn told(engine: &Engine, words: &str) -> usize {
    let lines = engine.store().journal(500, None).expect("readable");
    lines.iter().filter(|line| line.text.contains(words)).count()
}

/// The desired capacity before and after half an hour of twice the load, in which nothing was taken away.
fn surge(engine: &mut Engine) -> (u32, u32) {
    let before = desired(engine);
    inject(engine, Fault::Surge);
    let steps = live(engine, 25);
    assert!(applied(&steps).iter().all(|d| d.to > d.from), "{steps:?}");
    (before, desired(engine))
}

fn freeze() -> Event {
    Event {
        name: "Black Friday change freeze".into(),
        kind: EventKind::Freeze,
        label: "freeze".into(),
        start: shift(start(), -600),
        end: shift(start(), 86_400),
        multiplier: None,
        min_instances: None,
        groups: vec![],
    }
}

#[test]
fn a_surge_is_met_within_a_change_freeze_and_within_an_instance_refresh() {
    let frozen = |engine: &mut Engine| {
        engine.calendar = calendar::Events::new(None, vec![freeze()], chrono_tz::UTC);
    };
    let refreshed = |engine: &mut Engine| inject(engine, Fault::InstanceRefresh);
    for (begin, hold) in
        [(frozen as fn(&mut Engine), ScaleOutHold::Freeze), (refreshed, ScaleOutHold::Refresh)]
    {
        let (_, mut engine) = of(14, auto());
        begin(&mut engine);
        live(&mut engine, 1);
        let (before, after) = surge(&mut engine);
        assert!(after >= before + 6, "{hold:?}: {before} → {after}");
        let limits = Limits { hold_scale_out: vec![hold], ..Limits::default() };
        let (_, mut engine) = of(14, GroupOptions { limits, ..auto() });
        begin(&mut engine);
        live(&mut engine, 1);
        let before = desired(&engine);
        inject(&mut engine, Fault::Surge);
        live(&mut engine, 4);
        assert_eq!(desired(&engine), before, "{hold:?}: the operator asked for it");
    }
}

#[test]
fn what_could_not_be_read_holds_scale_in_alone_and_is_said() {
    type Spoil = fn(&mut GroupState);
    let unknown: [(Spoil, &str); 4] = [
        (|g| g.refresh = Reading::unknown("AWS failed"), "instance refreshes"),
        (|g| g.activities = Reading::unknown("AWS failed"), "scaling activities"),
        (|g| g.schedules = Reading::unknown("AWS failed"), "scheduled actions"),
        (|g| g.target_health = Reading::unknown("AWS failed"), "health of load balancer targets"),
    ];
    for (spoilt, what) in unknown {
        let (simulator, mut engine) = {
            let simulator = simulator_of(|spec| GroupSpec { initial_desired: Some(24), ..spec });
            let mut engine = acting(&simulator, auto(), store(), start());
            spoil(&simulator, &mut engine, spoilt);
            live(&mut engine, 10);
            (simulator, engine)
        };
        assert_eq!(desired(&engine), 24, "{what}");
        let checks = engine.check(0, 18, false).expect("seen").checks;
        let said = checks.iter().find(|c| c.name == "nothing unknown").expect("it is in the list");
        assert!(matches!(&said.verdict, Verdict::Block { reason } if reason.contains(what)), "{said:?}");
        assert_eq!(told(&engine, &format!("web: {what} could not be read: AWS failed")), 1, "once");
        spoil(&simulator, &mut engine, |_| {});
        live(&mut engine, 10);
        assert!(desired(&engine) < 24, "{what} can be read again");
        assert_eq!(told(&engine, &format!("web: no longer: {what}")), 1);
    }
}

#[test]
fn while_policies_are_unknown_no_desired_capacity_is_set_and_what_is_needed_comes_by_min_size() {
    let denied: fn(&mut GroupState) = |g| g.policies = Reading::unknown("AWS failed");
    // A group that a policy of AWS may size.
    let (simulator, mut engine) = of(14, auto());
    spoil(&simulator, &mut engine, denied);
    live(&mut engine, 1);
    let before = desired(&engine);
    inject(&mut engine, Fault::Surge);
    let steps = live(&mut engine, 20);
    let acts: Vec<Act> = applied(&steps).iter().map(|d| d.act()).collect();
    assert!(!acts.is_empty() && acts.iter().all(|act| matches!(act, Act::Floor { .. })), "{acts:?}");
    assert!(desired(&engine) >= before + 6, "{before} → {}", desired(&engine));
    let own = engine.groups()[0].memory.held.expect("its own MinSize is kept").own;
    spoil(&simulator, &mut engine, |_| {});
    live(&mut engine, 2);
    assert_eq!(engine.groups()[0].state.as_ref().expect("seen").min, own, "no policy: MinSize is put back");
    assert!(engine.groups()[0].memory.held.is_none());
    // Where the operator chose the desired capacity, nothing is set at all.
    let options = GroupOptions { actuator: Some(crate::domain::actuator::Actuator::Desired), ..auto() };
    let (simulator, mut engine) = of(14, options);
    spoil(&simulator, &mut engine, denied);
    live(&mut engine, 1);
    inject(&mut engine, Fault::Surge);
    assert!(applied(&live(&mut engine, 10)).is_empty());
    assert!(told(&engine, "policies known: AWS's scaling policies could not be read") > 0);
}

#[test]
fn a_tracked_group_keeps_its_floor_while_its_policies_are_unknown() {
    let tracked = |spec| GroupSpec { target_tracking: Some(50.0), ..spec };
    let simulator = simulator_of(tracked);
    let mut engine = acting(&simulator, auto(), store(), start());
    for _ in 0..600 {
        live(&mut engine, 1);
        if engine.groups()[0].memory.held.is_some() {
            break;
        }
    }
    let held = engine.groups()[0].memory.held.expect("a floor is needed within ten hours");
    spoil(&simulator, &mut engine, |g| g.policies = Reading::unknown("AWS failed"));
    let steps = live(&mut engine, 10);
    assert!(
        applied(&steps).iter().all(|d| matches!(d.act(), Act::Floor { .. }) && d.to > d.from),
        "{steps:?}"
    );
    let kept = engine.groups()[0].memory.held;
    assert!(kept.is_some_and(|kept| kept.own == held.own), "{kept:?}");
}

#[test]
fn one_damaged_group_is_left_out_with_a_line_and_the_others_go_on() {
    let simulator = Simulator::new(Simulated::new(
        vec![
            GroupSpec::plain("bad", trace(), 50.0),
            GroupSpec { initial_desired: Some(24), ..GroupSpec::plain(GROUP, trace(), 50.0) },
        ],
        start(),
        1,
    ));
    let mut engine = acting(&simulator, auto(), store(), start());
    engine.world.source =
        Box::new(SpoiltSource { inner: simulator.source(), spoil: |_| {}, damaged: Some("bad") });
    let steps = live(&mut engine, 10);
    assert!(!steps.is_empty() && steps.iter().all(|step| step.group == GROUP), "{steps:?}");
    assert_eq!(engine.groups().len(), 1);
    assert_eq!(told(&engine, "bad: left out, the answer is damaged: MaxSize is missing"), 1);
    spoil(&simulator, &mut engine, |_| {});
    live(&mut engine, 1);
    assert_eq!((engine.groups().len(), told(&engine, "bad: no longer: left out")), (2, 1));
}

#[test]
fn a_clock_that_is_put_back_is_said_and_the_loop_goes_on_from_there() {
    let limits = Limits { cooldown_in: 600, ..Limits::default() };
    let (_, mut engine) = of(14, GroupOptions { limits, ..auto() });
    live(&mut engine, 178);
    let (fast, right) = (engine.now(), shift(engine.now(), -3_600));
    let group = &mut engine.groups[0];
    group.memory.actions.push_back((fast, true));
    group.memory.pause = Some((9, shift(fast, 900)));
    block(engine.minute(right)).expect("the store is writable");
    assert_eq!(told(&engine, "the clock jumped back by 60 min"), 1);
    let group = &engine.groups()[0];
    assert!(group.forecasters.known_until() <= right, "no hour that has not been was learned");
    assert!(group.newest_minute().is_some_and(|newest| newest <= right), "{:?}", group.newest_minute());
    assert_eq!(group.last_action(true), Some(right));
    assert!(
        group.memory.pause.is_some_and(|(_, until)| until <= shift(right, 900)),
        "{:?}",
        group.memory.pause
    );
    live(&mut engine, 6);
    let forecast = engine.groups()[0].forecast.as_ref().expect("an hour is enough");
    assert!(forecast.origin > right && forecast.origin <= engine.now(), "{}", forecast.origin);
    assert_eq!(engine.jump(300), None, "a cycle later it is trusted again");
}

#[test]
fn a_restart_keeps_the_hold_and_the_cooldown() {
    let mut options = auto();
    (options.settings.hold, options.limits.cooldown_in) = (7_200, 7_200);
    let (simulator, mut engine) = of(14, options.clone());
    let (before, peak) = surge(&mut engine);
    assert!(peak > before);
    // The surge ends; what it asked for is held.
    live(&mut engine, 15);
    let (now, peak) = (engine.now(), desired(&engine));
    let Engine { store, .. } = engine;
    let mut engine = acting(&simulator, options, store, shift(now, 60));
    block(engine.minute(shift(now, 60))).expect("the store is writable");
    live(&mut engine, 60);
    assert!(desired(&engine) >= peak, "{peak} → {}", desired(&engine));
}

#[test]
fn a_start_without_an_account_shows_what_was_known_and_plans_nothing() {
    let (simulator, mut engine) = of(14, auto());
    let (now, known) = (shift(engine.now(), 60), desired(&engine));
    inject(&mut engine, Fault::Throttling);
    let Engine { store, .. } = engine;
    let mut engine = acting(&simulator, auto(), store, now);
    assert!(block(engine.minute(now)).expect("the store is writable").is_empty());
    let view = engine.view(&Clock::simulated(now, 60.0)).expect("readable");
    let row = &view.groups[0];
    assert_eq!((row.name.as_str(), row.desired, row.in_service), (GROUP, known, 0));
    assert!(row.badges.iter().any(|b| b.text.starts_with("not read since")));
    assert!(engine.groups()[0].plan.is_none());
    live(&mut engine, 6);
    assert!(engine.groups()[0].state.is_some() && engine.groups()[0].plan.is_some(), "it goes on");
}
