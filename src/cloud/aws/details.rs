//! Reads what is good to have beside the list of groups: policies, scheduled actions, activities, instance refreshes and
//! the health of targets.
//!
//! Where it cannot be read (an emulator without the call, a role without the permission) the group is shown with
//! what was last known and the source keeps a warning. Only when nothing was ever known and the failure will pass does the look fail,
//! because then an instance refresh under way could be taken for none.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_autoscaling::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_sdk_elasticloadbalancingv2::{Client as Balancing, types::TargetHealthStateEnum};
use futures_util::future::join_all;

use super::{
    answer_limit::{MOST_PAGES, too_many_pages},
    convert,
    error::{classify, facts},
    fleet::PAGE,
};
use crate::{
    cloud::CloudError,
    domain::{
        activity::Activity,
        group::{GroupState, InstanceRefresh, Lifecycle, ScalingPolicy, ScheduledAction},
    },
};

/// Activities read per group, the newest.
const ACTIVITIES: i32 = 20;
/// Groups whose details are read at the same time.
const ABREAST: usize = 8;

/// What could not be read, and whether that may be passed over.
#[derive(Debug)]
struct Miss {
    error: CloudError,
    /// The server lacks the call or refuses it: waiting will not help.
    lasting: bool,
}

/// `error` of `action`, kept with whether it lasts.
fn miss<E>(action: &str, error: &SdkError<E>) -> Miss
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let verdict = classify(action, error);
    let lasting = facts(error).is_server_fault() || matches!(verdict, CloudError::Stop(_));
    Miss { error: verdict, lasting }
}

/// Good to have, by group, as last read.
#[derive(Debug, Default)]
pub(super) struct Details {
    policies: HashMap<String, Vec<ScalingPolicy>>,
    policies_known: bool,
    schedules: HashMap<String, Vec<ScheduledAction>>,
    schedules_known: bool,
    activities: HashMap<String, Vec<Activity>>,
    refreshes: HashMap<String, Option<InstanceRefresh>>,
    targets: HashMap<String, Targets>,
}

/// What the load balancers before a group say of its instances, by id.
#[derive(Debug, Default, Clone)]
struct Targets {
    /// Checks fail.
    unhealthy: BTreeSet<String>,
    /// The first checks have not ended.
    initial: BTreeSet<String>,
}

/// The clients that details are read with.
pub(super) struct Clients<'a> {
    pub(super) scaling: &'a Client,
    pub(super) balancing: &'a Balancing,
}

/// A group whose details are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: String,
    /// ARNs of the target groups before it.
    pub(super) target_groups: Vec<String>,
}

impl Details {
    /// `state` with everything that was last read of its group.
    pub(super) fn complete(&self, mut state: GroupState) -> GroupState {
        let name = state.name.clone();
        state.policies = self.policies.get(&name).cloned().unwrap_or_default();
        state.schedules = self.schedules.get(&name).cloned().unwrap_or_default();
        state.activities = self.activities.get(&name).cloned().unwrap_or_default();
        state.refresh = self.refreshes.get(&name).cloned().flatten();
        if let Some(targets) = self.targets.get(&name) {
            // Auto Scaling itself may look at EC2's checks alone.
            for instance in &mut state.instances {
                instance.healthy &= !targets.unhealthy.contains(&instance.id);
                let serves = instance.lifecycle == Lifecycle::InService;
                instance.registering = serves && targets.initial.contains(&instance.id);
            }
        }
        state
    }

    /// Reads everything anew for `wanted`, policies and scheduled actions of all groups unless it is `one` alone; what
    /// could not be read keeps its last value and adds a warning. After a failure that will pass nothing more is asked
    /// for in this look: a silent server would cost a deadline at each call. Gives the calls that it took.
    ///
    /// # Errors
    /// A failure that will pass, where nothing was known before, or where it is one group that is about to be changed.
    pub(super) async fn read(
        &mut self,
        clients: &Clients<'_>,
        wanted: &[Wanted],
        one: bool,
        warnings: &mut Vec<String>,
    ) -> Result<u64, CloudError> {
        let only = wanted.first().filter(|_| one).map(|w| w.name.as_str());
        let mut calls = 0;
        let go_on = match policies(clients.scaling, only, &mut calls).await {
            Ok(found) => replace(&mut self.policies, found, only, &mut self.policies_known),
            Err(miss) => pass_over(miss, self.policies_known && !one, warnings)?,
        };
        if go_on == CallFollowUp::End {
            return Ok(calls);
        }
        let go_on = match schedules(clients.scaling, only, &mut calls).await {
            Ok(found) => replace(&mut self.schedules, found, only, &mut self.schedules_known),
            Err(miss) => pass_over(miss, self.schedules_known && !one, warnings)?,
        };
        if go_on == CallFollowUp::End {
            return Ok(calls);
        }
        let mut next = [CallFollowUp::Go; 3];
        for few in wanted.chunks(ABREAST) {
            if next[0] == CallFollowUp::Go {
                calls += few.len() as u64;
                let answers = join_all(few.iter().map(|w| activities(clients.scaling, &w.name))).await;
                next[0] = keep(&mut self.activities, few, answers, one, warnings)?;
            }
            if next[1] == CallFollowUp::Go && !next.contains(&CallFollowUp::End) {
                calls += few.len() as u64;
                let answers = join_all(few.iter().map(|w| refresh(clients.scaling, &w.name))).await;
                next[1] = keep(&mut self.refreshes, few, answers, one, warnings)?;
            }
            if next[2] == CallFollowUp::Go && !next.contains(&CallFollowUp::End) {
                calls += few.iter().map(|w| w.target_groups.len() as u64).sum::<u64>();
                let answers = join_all(few.iter().map(|w| targets(clients.balancing, w))).await;
                next[2] = keep(&mut self.targets, few, answers, one, warnings)?;
            }
            if next.contains(&CallFollowUp::End) {
                break;
            }
        }
        Ok(calls)
    }

    /// Forgets the groups that `is_there` does not know.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.activities.retain(|name, _| is_there(name));
        self.refreshes.retain(|name, _| is_there(name));
        self.targets.retain(|name, _| is_there(name));
    }
}

/// How a look goes on after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallFollowUp {
    /// As planned.
    Go,
    /// Without this call: it was refused for good.
    Skip,
    /// Not at all: something will pass, later.
    End,
}

/// Puts what was `found` in place of all that is known, or of what is known of `only` one group.
fn replace<T>(
    known: &mut HashMap<String, Vec<T>>,
    mut found: HashMap<String, Vec<T>>,
    only: Option<&str>,
    all_known: &mut bool,
) -> CallFollowUp {
    match only {
        Some(group) => drop(known.insert(group.to_owned(), found.remove(group).unwrap_or_default())),
        None => (*known, *all_known) = (found, true),
    }
    CallFollowUp::Go
}

/// Files `answers` by group. What was refused on one group need not be tried on the others.
fn keep<T>(
    known: &mut HashMap<String, T>,
    groups: &[Wanted],
    answers: Vec<Result<T, Miss>>,
    one: bool,
    warnings: &mut Vec<String>,
) -> Result<CallFollowUp, CloudError> {
    let mut next = CallFollowUp::Go;
    for (group, answer) in groups.iter().zip(answers) {
        match answer {
            Ok(value) => drop(known.insert(group.name.clone(), value)),
            Err(miss) if miss.lasting && next != CallFollowUp::Go => {}
            Err(miss) => {
                let after = pass_over(miss, known.contains_key(&group.name) && !one, warnings)?;
                next = if next == CallFollowUp::End { next } else { after };
            }
        }
    }
    Ok(next)
}

/// Makes a miss a warning, or an error if it will pass and nothing is known to fall back on.
fn pass_over(miss: Miss, known: bool, warnings: &mut Vec<String>) -> Result<CallFollowUp, CloudError> {
    if !miss.lasting && !known {
        return Err(miss.error);
    }
    let next = if miss.lasting { CallFollowUp::Skip } else { CallFollowUp::End };
    let (CloudError::Retry(text) | CloudError::Replan(text) | CloudError::Stop(text)) = miss.error;
    let kept = if known { "showing the last known value" } else { "left empty" };
    let warning = format!("{text} ({kept})");
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
    Ok(next)
}

async fn policies(
    client: &Client,
    group: Option<&str>,
    calls: &mut u64,
) -> Result<HashMap<String, Vec<ScalingPolicy>>, Miss> {
    let mut found: HashMap<String, Vec<ScalingPolicy>> = HashMap::new();
    let call = client.describe_policies().set_auto_scaling_group_name(group.map(str::to_owned));
    let (mut pages, mut read) = (call.max_records(PAGE).into_paginator().send(), 0);
    while let Some(page) = pages.next().await {
        *calls += 1;
        read += 1;
        if read > MOST_PAGES {
            return Err(Miss { error: too_many_pages("autoscaling:DescribePolicies"), lasting: false });
        }
        let page = page.map_err(|e| miss("autoscaling:DescribePolicies", &e))?;
        for (group, policy) in page.scaling_policies().iter().filter_map(convert::policy) {
            found.entry(group).or_default().push(policy);
        }
    }
    Ok(found)
}

async fn schedules(
    client: &Client,
    group: Option<&str>,
    calls: &mut u64,
) -> Result<HashMap<String, Vec<ScheduledAction>>, Miss> {
    let mut found: HashMap<String, Vec<ScheduledAction>> = HashMap::new();
    let call = client.describe_scheduled_actions().set_auto_scaling_group_name(group.map(str::to_owned));
    let (mut pages, mut read) = (call.max_records(PAGE).into_paginator().send(), 0);
    while let Some(page) = pages.next().await {
        *calls += 1;
        read += 1;
        if read > MOST_PAGES {
            return Err(Miss {
                error: too_many_pages("autoscaling:DescribeScheduledActions"),
                lasting: false,
            });
        }
        let page = page.map_err(|e| miss("autoscaling:DescribeScheduledActions", &e))?;
        for (group, action) in page.scheduled_update_group_actions().iter().filter_map(convert::schedule) {
            found.entry(group).or_default().push(action);
        }
    }
    found.values_mut().for_each(|actions| actions.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name))));
    Ok(found)
}

async fn activities(client: &Client, group: &str) -> Result<Vec<Activity>, Miss> {
    let answer = client
        .describe_scaling_activities()
        .auto_scaling_group_name(group)
        .max_records(ACTIVITIES)
        .send()
        .await
        .map_err(|e| miss("autoscaling:DescribeScalingActivities", &e))?;
    let mut found: Vec<Activity> = answer.activities().iter().filter_map(convert::activity).collect();
    found.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.id.cmp(&b.id)));
    Ok(found)
}

async fn refresh(client: &Client, group: &str) -> Result<Option<InstanceRefresh>, Miss> {
    let answer = client
        .describe_instance_refreshes()
        .auto_scaling_group_name(group)
        .max_records(10)
        .send()
        .await
        .map_err(|e| miss("autoscaling:DescribeInstanceRefreshes", &e))?;
    Ok(answer.instance_refreshes().iter().find_map(convert::refresh))
}

/// What the target groups before a group say of its instances; the worst counts.
async fn targets(client: &Balancing, wanted: &Wanted) -> Result<Targets, Miss> {
    let mut found = Targets::default();
    for arn in &wanted.target_groups {
        let answer = client
            .describe_target_health()
            .target_group_arn(arn)
            .send()
            .await
            .map_err(|e| miss("elasticloadbalancing:DescribeTargetHealth", &e))?;
        for described in answer.target_health_descriptions() {
            let Some(id) = described.target().and_then(|t| t.id()) else { continue };
            match described.target_health().and_then(|h| h.state()) {
                Some(TargetHealthStateEnum::Unhealthy) => found.unhealthy.insert(id.to_owned()),
                Some(TargetHealthStateEnum::Initial) => found.initial.insert(id.to_owned()),
                _ => false,
            };
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
