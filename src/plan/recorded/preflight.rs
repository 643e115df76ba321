//! Inputs of preflight.

use super::{VERSION, event, event_again, within_bounds};
use crate::{
    domain::{
        Seconds, Time,
        activity::{Activity, ActivityKind, ActivityStatus},
        event::{Event, EventKind},
        group::{GroupState, Instance, SCHEDULE_PREFIX, ScalingPolicy, ScheduledAction},
        inputs::{
            DataInputs, ForeignInputs, GroupInputs, InstanceInputs, LaunchInputs, LimitsInputs,
            OperatorInputs, PaceInputs, PreflightInputs, ScalingInputs,
        },
        preflight::Preflight,
        reading::Reading,
        shift,
    },
    plan::preflight::{
        self, DataQuality, Foreign, Limits, OperatorChoice, OtherActors, Pace, PreflightContext,
        ScaleOutHold, ScalingState,
    },
};

/// Instances that one entry of a record may stand for.
const MOST_ALIKE: u32 = 100_000;
/// Scheduled actions of others later than this (seconds) are kept only while the brake names them.
const NEAR: i64 = 3_600;

/// What [`preflight::run`] looks at for a change to `want`.
pub fn preflight_inputs(want: u32, context: &PreflightContext<'_>) -> PreflightInputs {
    let PreflightContext { now, group: state, events, data, scaling, pace, others, operator, limits } =
        *context;
    let looked_at = |e: &&Event| e.covers(now) && (e.kind == EventKind::Freeze || e.min_instances.is_some());
    PreflightInputs {
        by: VERSION.into(),
        at: now,
        want,
        group: group(state, now, operator.brake),
        events: events.iter().filter(looked_at).map(event).collect(),
        data: DataInputs {
            age: data.age,
            clock_jump: data.clock_jump,
            sick_model: data.sick_model.map(str::to_owned),
            most_seen: data.most_seen,
        },
        scaling: ScalingInputs {
            actuator: scaling.actuator,
            lead: scaling.lead,
            failed_launches: scaling.failed_launches,
        },
        pace: PaceInputs {
            last_out: pace.last_out,
            last_in: pace.last_in,
            actions: pace.actions,
            reversals: pace.reversals,
            calls: pace.calls,
        },
        foreign: others.foreign.map(|f| ForeignInputs { at: f.at, from: f.from, to: f.to }),
        no_lease: others.no_lease.map(str::to_owned),
        operator: OperatorInputs { auto: operator.auto, brake: operator.brake, rejected: operator.rejected },
        limits: limits_of(limits),
    }
}

/// The checklist of the group `name` that follows from `inputs`.
///
/// # Errors
/// Why nothing can be computed from them.
pub fn checks_again(name: &str, inputs: &PreflightInputs) -> Result<Preflight, String> {
    within_bounds(&times(inputs), &sizes(inputs))?;
    let (group, limits) = (group_again(name, inputs)?, limits_again(&inputs.limits)?);
    let events: Vec<Event> = inputs.events.iter().map(event_again).collect();
    let foreign = inputs.foreign.map(|f| Foreign { at: f.at, from: f.from, to: f.to });
    let DataInputs { age, clock_jump, sick_model, most_seen } = &inputs.data;
    let ScalingInputs { actuator, lead, failed_launches } = inputs.scaling;
    let PaceInputs { last_out, last_in, actions, reversals, calls } = inputs.pace;
    let OperatorInputs { auto, brake, rejected } = inputs.operator;
    let context = PreflightContext {
        now: inputs.at,
        group: &group,
        events: &events,
        data: DataQuality {
            age: *age,
            clock_jump: *clock_jump,
            sick_model: sick_model.as_deref(),
            most_seen: *most_seen,
        },
        scaling: ScalingState { actuator, lead, failed_launches },
        pace: Pace { last_out, last_in, actions, reversals, calls },
        others: OtherActors { foreign: foreign.as_ref(), no_lease: inputs.no_lease.as_deref() },
        operator: OperatorChoice { auto, brake, rejected },
        limits: &limits,
    };
    Ok(preflight::run(inputs.want, &context))
}

fn times(inputs: &PreflightInputs) -> [Seconds; 8] {
    let (data, limits) = (&inputs.data, &inputs.limits);
    let LimitsInputs { max_data_age, cooldown_out, cooldown_in, yield_for, .. } = *limits;
    let (age, jump) = (data.age.unwrap_or(0), data.clock_jump.unwrap_or(0));
    [inputs.group.age, inputs.scaling.lead, age, jump, max_data_age, cooldown_out, cooldown_in, yield_for]
}

fn sizes(inputs: &PreflightInputs) -> Vec<u64> {
    let (group, limits) = (&inputs.group, &inputs.limits);
    let serving = group.instances.iter().map(|i| u64::from(i.count) * u64::from(i.weight));
    let all = [
        Some(inputs.want),
        Some(group.min),
        Some(group.max),
        Some(group.desired),
        inputs.data.most_seen,
        limits.step_out,
        limits.step_in,
        inputs.operator.rejected,
    ];
    let numbers = all.into_iter().flatten().map(u64::from);
    numbers.chain([serving.fold(0, u64::saturating_add)]).collect()
}

fn group(state: &GroupState, now: Time, brake: bool) -> GroupInputs {
    let near = |s: &&ScheduledAction| brake || (0..=NEAR).contains(&(s.at - now).num_seconds());
    let others = |s: &&ScheduledAction| !s.name.starts_with(SCHEDULE_PREFIX);
    GroupInputs {
        min: state.min,
        max: state.max,
        desired: state.desired,
        age: (now - state.seen_at).num_seconds(),
        instances: alike(state),
        launches: read(&state.activities, |activities| launch(activities)),
        suspended: state.suspended.clone(),
        policies: read(&state.policies, |all| {
            all.iter().filter(|p| p.enabled).cloned().collect::<Vec<ScalingPolicy>>()
        }),
        refresh: state.refresh.clone(),
        schedules: read(&state.schedules, |all| all.iter().filter(others).filter(near).cloned().collect()),
        target_health: state.target_health.clone(),
        warm_pool: state.warm_pool.clone().filter(|pool| pool.deleting),
        rebalances: state.rebalances,
        owner: state.owner.clone(),
    }
}

fn read<T, U>(reading: &Reading<T>, keep: impl Fn(&T) -> U) -> Reading<U> {
    match reading {
        Reading::Known(value) => Reading::Known(keep(value)),
        Reading::Unknown { unknown } => Reading::unknown(unknown.clone()),
    }
}

/// The launch that is waited for longest; with it, when another one arrived.
fn launch(activities: &[Activity]) -> Option<LaunchInputs> {
    let launches = || activities.iter().filter(|a| a.kind.is_launch());
    let started = launches().filter(|a| a.status.is_open()).map(|a| a.started).min()?;
    let arrived = launches().filter(|a| a.status == ActivityStatus::Successful).filter_map(|a| a.ended).max();
    Some(LaunchInputs { started, arrived })
}

/// Instances, those that are alike as one entry, in the order in which they come.
fn alike(state: &GroupState) -> Vec<InstanceInputs> {
    let zones = !state.impaired_zones().is_empty();
    let mut all: Vec<InstanceInputs> = Vec::new();
    for i in &state.instances {
        let one = InstanceInputs {
            count: 1,
            lifecycle: i.lifecycle,
            healthy: i.healthy,
            registering: i.registering,
            protected: i.protected,
            weight: i.weight,
            zone: if zones { i.zone.clone() } else { String::new() },
        };
        match all.iter_mut().find(|other| InstanceInputs { count: 1, ..(*other).clone() } == one) {
            Some(other) => other.count += 1,
            None => all.push(one),
        }
    }
    all
}

fn group_again(name: &str, inputs: &PreflightInputs) -> Result<GroupState, String> {
    let kept = &inputs.group;
    if kept.instances.iter().map(|i| i.count).fold(0, u32::saturating_add) > MOST_ALIKE {
        return Err("its group has too many instances".into());
    }
    let each = |i: &InstanceInputs| {
        let one = Instance {
            id: String::new(),
            lifecycle: i.lifecycle,
            healthy: i.healthy,
            registering: i.registering,
            protected: i.protected,
            weight: i.weight,
            zone: i.zone.clone(),
            instance_type: None,
        };
        vec![one; i.count as usize]
    };
    Ok(GroupState {
        name: name.to_owned(),
        seen_at: shift(inputs.at, -kept.age),
        min: kept.min,
        max: kept.max,
        desired: kept.desired,
        instances: kept.instances.iter().flat_map(each).collect(),
        activities: read(&kept.launches, |launch| launch.iter().flat_map(activities).collect()),
        suspended: kept.suspended.clone(),
        policies: kept.policies.clone(),
        refresh: kept.refresh.clone(),
        cooldown: 0,
        schedules: kept.schedules.clone(),
        target_health: kept.target_health.clone(),
        warm_pool: kept.warm_pool.clone(),
        rebalances: kept.rebalances,
        owner: kept.owner.clone(),
        tag: None,
    })
}

/// The launch that is waited for, and the one that arrived last.
fn activities(launch: &LaunchInputs) -> Vec<Activity> {
    let of = |status, started, ended| Activity {
        id: String::new(),
        started,
        ended,
        status,
        kind: ActivityKind::Launch,
        description: String::new(),
        message: None,
    };
    let arrived = launch.arrived.map(|at| of(ActivityStatus::Successful, at, Some(at)));
    [Some(of(ActivityStatus::InProgress, launch.started, None)), arrived].into_iter().flatten().collect()
}

fn limits_of(limits: &Limits) -> LimitsInputs {
    LimitsInputs {
        max_data_age: limits.max_data_age,
        step_out: limits.step_out,
        step_in: limits.step_in,
        cooldown_out: limits.cooldown_out,
        cooldown_in: limits.cooldown_in,
        actions_per_hour: limits.actions_per_hour,
        reversals_per_hour: limits.reversals_per_hour,
        yield_for: limits.yield_for,
        calls_per_minute: limits.calls_per_minute,
        hold_scale_out: limits.hold_scale_out.iter().map(|hold| hold.name().to_owned()).collect(),
        owner: limits.owner.clone(),
    }
}

fn limits_again(inputs: &LimitsInputs) -> Result<Limits, String> {
    let hold = |word: &String| {
        let found = ScaleOutHold::ALL.into_iter().find(|hold| hold.name() == word);
        found.ok_or_else(|| format!("`{word}` in hold_scale_out is not known here"))
    };
    Ok(Limits {
        max_data_age: inputs.max_data_age,
        step_out: inputs.step_out,
        step_in: inputs.step_in,
        cooldown_out: inputs.cooldown_out,
        cooldown_in: inputs.cooldown_in,
        actions_per_hour: inputs.actions_per_hour,
        reversals_per_hour: inputs.reversals_per_hour,
        yield_for: inputs.yield_for,
        calls_per_minute: inputs.calls_per_minute,
        hold_scale_out: inputs.hold_scale_out.iter().map(hold).collect::<Result<_, _>>()?,
        owner: inputs.owner.clone(),
        ..Limits::default()
    })
}
