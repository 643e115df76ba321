//! Reads what no list of groups has: policies, scheduled actions, activities, instance refreshes and the health of targets.
//!
//! What cannot be read (a call that fails, a role without the permission, an answer that is damaged) is unknown, for the
//! groups that it concerns and until it has been read; the group is shown all the same, and a warning says why. What follows
//! from it, preflight says.

mod round;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use aws_sdk_autoscaling::Client;
use aws_sdk_elasticloadbalancingv2::{Client as Balancing, types::TargetHealthStateEnum};
use tokio::time::Instant;

use self::round::{ABREAST, ByGroup, Miss, Round, damaged, miss, overlong};
use super::{answer_limit::MOST_PAGES, convert, fleet::PAGE};
use crate::domain::{
    activity::Activity,
    group::{GroupState, InstanceRefresh, Lifecycle, ScalingPolicy, ScheduledAction},
    reading::Reading,
};

pub(super) use self::round::Misses;

/// Activities read per group, the newest.
const ACTIVITIES: i32 = 20;

/// What was last read, by group; a group that is not there was never read.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// How long details of single groups are read in a look.
    longest: Duration,
    /// Until when in this one.
    until: Option<Instant>,
    policies: ByGroup<Vec<ScalingPolicy>>,
    schedules: ByGroup<Vec<ScheduledAction>>,
    activities: HashMap<String, Reading<Vec<Activity>>>,
    refreshes: HashMap<String, Reading<Option<InstanceRefresh>>>,
    targets: HashMap<String, Reading<Targets>>,
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
    /// Nothing yet; details of single groups are read for `longest` in a look.
    pub(super) fn within(longest: Duration) -> Details {
        Details { longest, ..Details::default() }
    }

    /// A look at all groups begins: its list of groups costs the details some of their time.
    pub(super) fn begin(&mut self) {
        self.until = Some(Instant::now() + self.longest);
    }

    /// `state` with everything that was last read of its group.
    pub(super) fn complete(&self, mut state: GroupState) -> GroupState {
        let name = state.name.as_str();
        state.policies = self.policies.of(name);
        state.schedules = self.schedules.of(name);
        state.activities = read_of(&self.activities, name);
        state.refresh = read_of(&self.refreshes, name);
        match read_of(&self.targets, name) {
            Reading::Unknown { unknown } => state.target_health = Reading::Unknown { unknown },
            Reading::Known(targets) => {
                state.target_health = Reading::Known(());
                // Auto Scaling itself may look at EC2's checks alone.
                for instance in &mut state.instances {
                    instance.healthy &= !targets.unhealthy.contains(&instance.id);
                    let serves = instance.lifecycle == Lifecycle::InService;
                    instance.registering = serves && targets.initial.contains(&instance.id);
                }
            }
        }
        state
    }

    /// Reads everything anew for `wanted`, policies and scheduled actions of all groups unless it is `one` alone. What
    /// could not be read is unknown, and among the `misses`. A call that fails for several groups in turn is not made for the
    /// others, and after a failure that will pass nothing more is asked for in this look: a silent server would cost a
    /// deadline at each call. Gives the calls that it took, and the groups for which the time did not suffice: of these,
    /// known is what was. Those that are wanted
    /// first are read first.
    pub(super) async fn read(
        &mut self,
        clients: &Clients<'_>,
        wanted: &[Wanted],
        one: bool,
        misses: &mut Misses,
    ) -> (u64, HashSet<String>) {
        let only = wanted.first().filter(|_| one).map(|w| w.name.as_str());
        let (scaling, balancing) = (clients.scaling, clients.balancing);
        let (mut round, mut calls) = (Round::new(wanted, misses), 0);
        self.policies.replace(only, round.ask(policies(scaling, only, &mut calls)).await);
        self.schedules.replace(only, round.ask(schedules(scaling, only, &mut calls)).await);
        let (behind, alone): (Vec<Wanted>, Vec<Wanted>) =
            wanted.iter().cloned().partition(|w| !w.target_groups.is_empty());
        let mut parts: Vec<&[Wanted]> = behind.chunks(ABREAST).chain(alone.chunks(ABREAST)).collect();
        parts.sort_by_key(|few| wanted.iter().position(|w| *w == few[0]));
        let (mut refused, mut later) = (<[Option<String>; 3]>::default(), HashSet::new());
        for (at, few) in parts.into_iter().enumerate() {
            // The first ones are read however late it is, or a slow service would never be read.
            if at > 0 && self.until.is_some_and(|until| Instant::now() >= until) {
                later.extend(few.iter().map(|w| w.name.clone()));
                continue;
            }
            let [active, refreshed, targeted] = &mut refused;
            let asked = round.each(&mut self.activities, active, few, |w| activities(scaling, &w.name)).await;
            calls += asked as u64;
            let asked = round.each(&mut self.refreshes, refreshed, few, |w| refresh(scaling, &w.name)).await;
            calls += asked as u64;
            if few.iter().all(|w| w.target_groups.is_empty()) {
                self.targets.extend(few.iter().map(|w| (w.name.clone(), Reading::default())));
                continue;
            }
            let asked = round.each(&mut self.targets, targeted, few, |w| targets(balancing, w)).await;
            calls += few[..asked].iter().map(|w| w.target_groups.len() as u64).sum::<u64>();
        }
        (calls, later)
    }

    /// Forgets the groups that `is_there` does not know.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.policies.retain(&is_there);
        self.schedules.retain(&is_there);
        self.activities.retain(|name, _| is_there(name));
        self.refreshes.retain(|name, _| is_there(name));
        self.targets.retain(|name, _| is_there(name));
    }
}

/// What `known` has of `group`.
fn read_of<T: Clone>(known: &HashMap<String, Reading<T>>, group: &str) -> Reading<T> {
    known.get(group).cloned().unwrap_or_else(|| Reading::unknown(convert::NOT_READ))
}

async fn policies(
    client: &Client,
    group: Option<&str>,
    calls: &mut u64,
) -> Result<HashMap<String, Reading<Vec<ScalingPolicy>>>, Miss> {
    const ACTION: &str = "autoscaling:DescribePolicies";
    let mut found = HashMap::new();
    let call = client.describe_policies().set_auto_scaling_group_name(group.map(str::to_owned));
    let (mut pages, mut read) = (call.max_records(PAGE).into_paginator().send(), 0);
    while let Some(page) = pages.next().await {
        *calls += 1;
        read += 1;
        if read > MOST_PAGES {
            return Err(overlong(ACTION));
        }
        let page = page.map_err(|e| miss(ACTION, &e))?;
        convert::policies(&mut found, page.scaling_policies()).map_err(|why| damaged(ACTION, &why))?;
    }
    Ok(found)
}

async fn schedules(
    client: &Client,
    group: Option<&str>,
    calls: &mut u64,
) -> Result<HashMap<String, Reading<Vec<ScheduledAction>>>, Miss> {
    let mut found: HashMap<String, Vec<ScheduledAction>> = HashMap::new();
    let call = client.describe_scheduled_actions().set_auto_scaling_group_name(group.map(str::to_owned));
    let (mut pages, mut read) = (call.max_records(PAGE).into_paginator().send(), 0);
    while let Some(page) = pages.next().await {
        *calls += 1;
        read += 1;
        if read > MOST_PAGES {
            return Err(overlong("autoscaling:DescribeScheduledActions"));
        }
        let page = page.map_err(|e| miss("autoscaling:DescribeScheduledActions", &e))?;
        for (group, action) in page.scheduled_update_group_actions().iter().filter_map(convert::schedule) {
            found.entry(group).or_default().push(action);
        }
    }
    found.values_mut().for_each(|actions| actions.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name))));
    Ok(found.into_iter().map(|(group, actions)| (group, Reading::Known(actions))).collect())
}

async fn activities(client: &Client, group: &str) -> Result<Vec<Activity>, Miss> {
    const ACTION: &str = "autoscaling:DescribeScalingActivities";
    let answer = client
        .describe_scaling_activities()
        .auto_scaling_group_name(group)
        .max_records(ACTIVITIES)
        .send()
        .await
        .map_err(|e| miss(ACTION, &e))?;
    let found: Result<Vec<Activity>, String> = answer.activities().iter().map(convert::activity).collect();
    let mut found = found.map_err(|why| damaged(ACTION, &why))?;
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
