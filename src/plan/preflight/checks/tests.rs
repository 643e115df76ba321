//! What the tests of all themes share, and what holds whatever goes in.

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        Time,
        actuator::Actuator,
        at_epoch,
        event::{Event, EventKind},
        group::{GroupState, InstanceRefresh},
        process::ScalingProcess,
        reading::Reading,
        shift,
    },
    plan::{
        fixture::group,
        preflight::{
            DataQuality, Foreign, Limits, OperatorChoice, OtherActors, Pace, ScaleOutHold, ScalingState,
        },
    },
};

pub use crate::plan::preflight::run;

/// Four serving instances of 1 to 40, and the usual limits.
pub fn quiet() -> (GroupState, Limits) {
    let now = at_epoch(100_000);
    (GroupState { seen_at: now, ..group(4, 4) }, Limits::default())
}

pub fn context<'a>(group: &'a GroupState, limits: &'a Limits) -> PreflightContext<'a> {
    PreflightContext {
        now: if group.seen_at.timestamp() == 0 { at_epoch(0) } else { at_epoch(100_000) },
        group,
        events: &[],
        data: DataQuality { age: Some(60), ..DataQuality::default() },
        scaling: ScalingState { actuator: Actuator::Desired, lead: 180, failed_launches: 0 },
        pace: Pace::default(),
        others: OtherActors::default(),
        operator: OperatorChoice::default(),
        limits,
    }
}

/// The check that blocks going from the group's desired capacity to `want`.
pub fn blocker(want: u32, c: &PreflightContext<'_>) -> Option<String> {
    run(want, c).blocked_by().map(|(name, _)| name.to_owned())
}

pub fn event(kind: EventKind, min_instances: Option<u32>, now: Time) -> Event {
    Event {
        name: "Gala".into(),
        kind,
        label: kind.name().into(),
        start: shift(now, -60),
        end: shift(now, 60),
        multiplier: None,
        min_instances,
        groups: vec![],
    }
}

#[test]
fn an_idle_group_passes_every_check() {
    let (g, l) = quiet();
    assert_eq!(run(6, &context(&g, &l)).allowed, Some(6));
    assert_eq!(run(2, &context(&g, &l)).allowed, Some(2));
}

#[test]
fn names_are_told_apart_and_stand_in_the_documentation() {
    let page = include_str!("../../../../docs/preflight.md");
    for (index, Check { name, holds, opt_in, .. }) in ALL.iter().enumerate() {
        assert!(ALL[..index].iter().all(|other| other.name != *name), "{name} twice");
        let row = page.lines().find(|line| line.starts_with(&format!("| {name} |")));
        let row = row.unwrap_or_else(|| panic!("docs/preflight.md lacks “{name}”"));
        let also =
            opt_in.map(|hold| format!(" (both with `{}`)", serde_json::to_value(hold).expect("a word")));
        let words = format!("| {}{} |", holds.words(), also.unwrap_or_default().replace('"', ""));
        assert!(row.contains(&words), "docs/preflight.md: “{name}” holds {}", holds.words());
    }
}

#[test]
fn no_change_is_never_blocked() {
    let (mut g, l) = quiet();
    g.seen_at = at_epoch(1);
    g.refresh = Some(InstanceRefresh { status: "InProgress".into(), percent: Some(1) }).into();
    g.policies = Reading::unknown("denied");
    g.suspended = vec![ScalingProcess::Launch, ScalingProcess::Terminate, ScalingProcess::AddToLoadBalancer];
    g.owner = Some("somebody".into());
    let mut c = context(&g, &l);
    let freeze = [event(EventKind::Freeze, None, c.now)];
    (c.operator.brake, c.data.clock_jump, c.data.age, c.events) = (true, Some(9_000), None, &freeze);
    assert_eq!(run(4, &c).allowed, Some(4));
}

proptest! {
    #[test]
    fn whatever_goes_in_the_result_is_within_limits_and_has_a_reason(
        (want, desired, serving, min, width) in (0u32..10_000, 0u32..60, 0u32..60, 0u32..20, 0u32..40),
        (step_out, step_in) in (prop::option::of(0u32..9), prop::option::of(0u32..9)),
        (protected, weight, sick, floor) in (0usize..10, 1u32..5, 0usize..5, prop::option::of(0u32..90)),
        (brake, auto, suspends, refreshes, both, foreign, age) in (
            any::<bool>(), any::<bool>(), 0usize..8, any::<bool>(), any::<bool>(), prop::option::of(0u32..50), 0i64..400,
        ),
    ) {
        let mut g = GroupState { seen_at: at_epoch(100_000 - age), ..group(desired, serving.min(desired)) };
        (g.min, g.max) = (min, min + width);
        g.desired = desired.clamp(g.min, g.max);
        g.instances.iter_mut().take(protected).for_each(|i| i.protected = true);
        g.instances.iter_mut().take(sick).for_each(|i| i.healthy = false);
        g.instances.iter_mut().for_each(|i| i.weight = weight);
        g.suspended = ScalingProcess::ALL.get(suspends).cloned().into_iter().collect();
        g.refresh = refreshes.then(|| InstanceRefresh { status: "InProgress".into(), percent: Some(3) }).into();
        let hold_scale_out = if both { vec![ScaleOutHold::Refresh, ScaleOutHold::Foreign] } else { vec![] };
        let l = Limits { step_out, step_in, hold_scale_out, ..Limits::default() };
        let mut c = context(&g, &l);
        let events = [event(EventKind::Sale, floor, c.now)];
        let foreign = foreign.map(|from| Foreign { at: c.now, from, to: g.desired });
        (c.operator.brake, c.operator.auto, c.events, c.others.foreign) = (brake, auto, &events, foreign.as_ref());
        let result = run(want, &c);
        for (check, said) in ALL.iter().zip(&result.checks).filter(|(_, said)| said.verdict != Verdict::Pass) {
            let opted = check.opt_in.is_some_and(|hold| l.hold_scale_out.contains(&hold));
            prop_assert!(opted || check.holds.include(g.desired, want), "{} holds {:?}", said.name, check.holds);
        }
        prop_assert_eq!(result.checks.len(), ALL.len());
        let reasons = |v: &Verdict| match v {
            Verdict::Pass => true,
            Verdict::Clamp { reason, .. } | Verdict::Block { reason } => !reason.is_empty(),
        };
        prop_assert!(result.checks.iter().all(|k| reasons(&k.verdict)));
        let cut = result.checks.iter().any(|k| matches!(k.verdict, Verdict::Clamp { .. }));
        match result.allowed {
            Some(to) => {
                prop_assert!(to >= g.min.min(g.desired) && to <= g.max);
                prop_assert!(to <= g.desired || step_out.is_none_or(|s| to - g.desired <= s) || to == g.min);
                prop_assert!(to == g.desired || age <= 180);
                prop_assert!(to == g.desired || !refreshes || (to > g.desired && !both));
                prop_assert!(to >= g.desired || !(brake || g.is_suspended(&ScalingProcess::Terminate)));
                prop_assert!(to >= g.desired || floor.is_none_or(|f| to >= f.min(g.desired)));
                prop_assert!(to <= g.desired || !g.is_suspended(&ScalingProcess::Launch));
                prop_assert!(cut || to == want);
            }
            None => prop_assert!(result.blocked_by().is_some_and(|(_, why)| !why.is_empty())),
        }
    }
}

/// The store writes names of checks that passed with semicolons between them.
#[test]
fn no_name_has_a_semicolon() {
    assert!(ALL.iter().all(|check| !check.name.contains(';')));
}
