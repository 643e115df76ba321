//! The operations of EC2 Auto Scaling that change a group.
//!
//! What the simulation cannot change is refused by name, never passed over: a client that asked for it must not
//! believe that it happened.

use super::{
    OperationCall, OperationResult, Refusal, missing,
    scaling::{find, group_name},
    value::Node,
};
use crate::domain::{activity::Activity, fault::Fault, shift};

/// Scheduled actions of a group: AWS has no more.
const MOST_SCHEDULED: usize = 125;

/// Does `operation`; `None` if it is not one that changes.
pub(in crate::cloud::simulator_http) fn perform(
    operation: &str,
    call: &mut OperationCall<'_>,
) -> Option<OperationResult> {
    Some(match operation {
        "SetDesiredCapacity" => set_desired(call),
        "UpdateAutoScalingGroup" => update(call),
        "PutScheduledUpdateGroupAction" => put_scheduled(call),
        "DeleteScheduledAction" => delete_scheduled(call),
        "SuspendProcesses" => suspend(call, true),
        "ResumeProcesses" => suspend(call, false),
        "StartInstanceRefresh" => start_refresh(call),
        "EnableMetricsCollection" => enable_metrics(call),
        _ => return None,
    })
}

/// Refuses every parameter beside `known`.
fn only(call: &OperationCall<'_>, known: &[&str]) -> Result<(), Refusal> {
    let envelope = ["Action", "Version", "AutoScalingGroupName"];
    match call.input.names().find(|name| !envelope.contains(name) && !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Refusal::invalid(format!("{name} cannot be changed in this simulation"))),
    }
}

/// A size that the client named; AWS's sizes are not below zero.
fn size(call: &OperationCall<'_>, name: &str) -> Result<Option<u32>, Refusal> {
    let Some(value) = call.input.number(name) else { return Ok(None) };
    u32::try_from(value).map(Some).map_err(|_| {
        Refusal::invalid(format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must \
             have value greater than or equal to 0"
        ))
    })
}

fn done() -> OperationResult {
    Ok(Node::fields([]))
}

fn set_desired(call: &mut OperationCall<'_>) -> OperationResult {
    only(call, &["DesiredCapacity", "HonorCooldown"])?;
    let group = group_name(call)?;
    let desired = size(call, "DesiredCapacity")?.ok_or_else(|| missing("DesiredCapacity"))?;
    if call.input.flag("HonorCooldown") {
        cooled_down(call, &group)?;
    }
    call.world.set_desired(&group, desired)?;
    done()
}

/// Refuses while an activity of `group` is under way, or its cooldown is not over.
fn cooled_down(call: &OperationCall<'_>, group: &str) -> Result<(), Refusal> {
    let state = find(call, group)?;
    let hot = |a: &&Activity| a.ended.is_none_or(|end| shift(end, state.cooldown) > call.world.now());
    match state.activities.items().iter().find(hot) {
        None => Ok(()),
        Some(activity) => Err(Refusal::new(
            "ScalingActivityInProgress",
            format!("Scaling activity {} is in progress and blocks this action", activity.id),
        )),
    }
}

/// MinSize and DesiredCapacity; the rest of a group stands still here.
fn update(call: &mut OperationCall<'_>) -> OperationResult {
    only(call, &["MinSize", "MaxSize", "DesiredCapacity"])?;
    let group = group_name(call)?;
    let (min, desired) = (size(call, "MinSize")?, size(call, "DesiredCapacity")?);
    let state = find(call, &group)?;
    let (floor, max) = (min.unwrap_or(state.min), state.max);
    if size(call, "MaxSize")?.is_some_and(|asked| asked != max) {
        return Err(Refusal::invalid("MaxSize cannot be changed in this simulation"));
    }
    if floor > max {
        return Err(Refusal::invalid(format!(
            "Max bound, {max}, must be greater than or equal to min bound, {floor}"
        )));
    }
    if let Some(desired) = desired.filter(|desired| !(floor..=max).contains(desired)) {
        return Err(Refusal::invalid(format!(
            "Desired capacity:{desired} must be between the specified min size:{floor} and max size:{max}"
        )));
    }
    if let Some(min) = min {
        call.world.set_floor(&group, min)?;
    }
    if let Some(desired) = desired {
        call.world.set_desired(&group, desired)?;
    }
    done()
}

/// Terminate alone; an empty list means all of them, as AWS has it.
fn suspend(call: &mut OperationCall<'_>, on: bool) -> OperationResult {
    only(call, &["ScalingProcesses"])?;
    let group = group_name(call)?;
    find(call, &group)?;
    if call.input.texts("ScalingProcesses") != ["Terminate"] {
        return Err(Refusal::invalid("of the processes, only Terminate can be suspended in this simulation"));
    }
    call.world.suspend_terminate(&group, on)?;
    done()
}

fn put_scheduled(call: &mut OperationCall<'_>) -> OperationResult {
    only(call, &["ScheduledActionName", "StartTime", "MinSize"])?;
    let (group, name) = (group_name(call)?, call.required("ScheduledActionName")?.to_owned());
    let at = call.moment("StartTime")?.ok_or_else(|| missing("StartTime"))?;
    let min = size(call, "MinSize")?.ok_or_else(|| missing("MinSize"))?;
    let state = find(call, &group)?;
    if min > state.max {
        let text = format!("Max bound, {}, must be greater than or equal to min bound, {min}", state.max);
        return Err(Refusal::invalid(text));
    }
    let planned = state.schedules.items();
    if planned.len() >= MOST_SCHEDULED && planned.iter().all(|action| action.name != name) {
        return Err(Refusal::new("LimitExceeded", "You have reached the limit of scheduled actions."));
    }
    call.world.put_scheduled(&group, &name, at, min)?;
    done()
}

fn delete_scheduled(call: &mut OperationCall<'_>) -> OperationResult {
    let (group, name) = (group_name(call)?, call.required("ScheduledActionName")?.to_owned());
    call.world.delete_scheduled(&group, &name)?;
    done()
}

/// A refresh that replaces every instance; its preferences are fixed.
fn start_refresh(call: &mut OperationCall<'_>) -> OperationResult {
    only(call, &["Strategy"])?;
    let group = group_name(call)?;
    if find(call, &group)?.refresh.known().is_some_and(Option::is_some) {
        return Err(Refusal::new(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        ));
    }
    call.world.inject(&group, Fault::InstanceRefresh).map_err(Refusal::invalid)?;
    Ok(Node::fields([("InstanceRefreshId", Node::text(super::scaling::REFRESH))]))
}

fn enable_metrics(call: &mut OperationCall<'_>) -> OperationResult {
    only(call, &["Granularity", "Metrics"])?;
    if call.required("Granularity")? != "1Minute" {
        return Err(Refusal::invalid("Granularity must be 1Minute"));
    }
    let group = group_name(call)?;
    call.world.enable_group_metrics(&group)?;
    done()
}
