//! Reads groups: the list itself, then policies, scheduled actions, activities and instance refreshes.
//!
//! The list must be read, or the look has failed. The rest is good to have: where it cannot be read (an
//! emulator without the call, a role without the permission) the group is shown with what was last known and
//! the source keeps a warning. Only when nothing was ever known and the failure will pass does the look fail,
//! because then an instance refresh under way could be taken for none.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_autoscaling::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::AutoScalingGroup,
};
use futures_util::future::join_all;

use super::{
    convert,
    error::{classify, facts},
};
use crate::{
    cloud::CloudError,
    domain::group::{Activity, InstanceRefresh, ScalingPolicy, ScheduledAction},
};

/// Groups, policies and names asked for at once: the most that AWS gives.
const PAGE: i32 = 100;
/// Activities read per group, the newest.
const ACTIVITIES: i32 = 20;
/// Groups whose details are read at the same time.
const ABREAST: usize = 4;

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
}

impl Details {
    /// Policies of `group` as last read.
    pub(super) fn policies(&self, group: &str) -> Vec<ScalingPolicy> {
        self.policies.get(group).cloned().unwrap_or_default()
    }

    /// Scheduled actions of `group` as last read, by their start.
    pub(super) fn schedules(&self, group: &str) -> Vec<ScheduledAction> {
        self.schedules.get(group).cloned().unwrap_or_default()
    }

    /// Newest activities of `group` as last read.
    pub(super) fn activities(&self, group: &str) -> Vec<Activity> {
        self.activities.get(group).cloned().unwrap_or_default()
    }

    /// Instance refresh of `group` as last read.
    pub(super) fn refresh(&self, group: &str) -> Option<InstanceRefresh> {
        self.refreshes.get(group).cloned().flatten()
    }

    /// Reads everything anew for `groups`; what could not be read keeps its last value and adds a warning.
    ///
    /// # Errors
    /// A failure that will pass, where nothing was known before.
    pub(super) async fn read(
        &mut self,
        client: &Client,
        groups: &[String],
        warnings: &mut Vec<String>,
    ) -> Result<(), CloudError> {
        match policies(client).await {
            Ok(found) => (self.policies, self.policies_known) = (found, true),
            Err(miss) => pass_over(miss, self.policies_known, warnings)?,
        }
        match schedules(client).await {
            Ok(found) => (self.schedules, self.schedules_known) = (found, true),
            Err(miss) => pass_over(miss, self.schedules_known, warnings)?,
        }
        let (mut ask_activities, mut ask_refreshes) = (true, true);
        for few in groups.chunks(ABREAST) {
            if ask_activities {
                let answers = join_all(few.iter().map(|group| activities(client, group))).await;
                ask_activities = keep(&mut self.activities, few, answers, warnings)?;
            }
            if ask_refreshes {
                let answers = join_all(few.iter().map(|group| refresh(client, group))).await;
                ask_refreshes = keep(&mut self.refreshes, few, answers, warnings)?;
            }
        }
        self.activities.retain(|name, _| groups.contains(name));
        self.refreshes.retain(|name, _| groups.contains(name));
        Ok(())
    }
}

/// Files `answers` by group. False when one was missed: the same call need not be tried on the others.
fn keep<T>(
    known: &mut HashMap<String, T>,
    groups: &[String],
    answers: Vec<Result<T, Miss>>,
    warnings: &mut Vec<String>,
) -> Result<bool, CloudError> {
    let mut whole = true;
    for (group, answer) in groups.iter().zip(answers) {
        match answer {
            Ok(value) => drop(known.insert(group.clone(), value)),
            Err(miss) => {
                if whole || !miss.lasting {
                    pass_over(miss, known.contains_key(group), warnings)?;
                }
                whole = false;
            }
        }
    }
    Ok(whole)
}

/// Makes a miss a warning, or an error if it will pass and nothing is known to fall back on.
fn pass_over(miss: Miss, known: bool, warnings: &mut Vec<String>) -> Result<(), CloudError> {
    if !miss.lasting && !known {
        return Err(miss.error);
    }
    let (CloudError::Retry(text) | CloudError::Replan(text) | CloudError::Stop(text)) = miss.error;
    let kept = if known { "the last known is shown" } else { "left empty" };
    let warning = format!("{text} ({kept})");
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
    Ok(())
}

/// The groups called `names`, or all, by name.
///
/// # Errors
/// Whatever kept the list from being read in full.
pub(super) async fn list(
    client: &Client,
    names: &[String],
) -> Result<BTreeMap<String, AutoScalingGroup>, CloudError> {
    let mut found = BTreeMap::new();
    let asked: Vec<Option<Vec<String>>> = if names.is_empty() {
        vec![None]
    } else {
        names.chunks(PAGE as usize).map(|c| Some(c.to_vec())).collect()
    };
    for names in asked {
        let mut pages = client
            .describe_auto_scaling_groups()
            .set_auto_scaling_group_names(names)
            .max_records(PAGE)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify("autoscaling:DescribeAutoScalingGroups", &e))?;
            for group in page.auto_scaling_groups.unwrap_or_default() {
                if let Some(name) = group.auto_scaling_group_name() {
                    found.insert(name.to_owned(), group);
                }
            }
        }
    }
    Ok(found)
}

async fn policies(client: &Client) -> Result<HashMap<String, Vec<ScalingPolicy>>, Miss> {
    let mut found: HashMap<String, Vec<ScalingPolicy>> = HashMap::new();
    let mut pages = client.describe_policies().max_records(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| miss("autoscaling:DescribePolicies", &e))?;
        for (group, policy) in page.scaling_policies().iter().filter_map(convert::policy) {
            found.entry(group).or_default().push(policy);
        }
    }
    Ok(found)
}

async fn schedules(client: &Client) -> Result<HashMap<String, Vec<ScheduledAction>>, Miss> {
    let mut found: HashMap<String, Vec<ScheduledAction>> = HashMap::new();
    let mut pages = client.describe_scheduled_actions().max_records(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(error: CloudError, lasting: bool) -> Miss {
        Miss { error, lasting }
    }

    #[test]
    fn a_passing_failure_without_anything_known_fails_the_look() {
        let mut warnings = Vec::new();
        let throttled = || missed(CloudError::Retry("throttled".into()), false);
        assert!(pass_over(throttled(), false, &mut warnings).is_err());
        assert!(pass_over(throttled(), true, &mut warnings).is_ok());
        assert_eq!(warnings, ["throttled (the last known is shown)"]);
    }

    #[test]
    fn a_lasting_failure_is_warned_of_once_and_keeps_what_was_known() {
        let mut known = HashMap::from([("web".to_owned(), 7)]);
        let mut warnings = Vec::new();
        let denied = || Err(missed(CloudError::Stop("denied".into()), true));
        let groups = ["api".to_owned(), "batch".to_owned(), "web".to_owned()];
        let whole = keep(&mut known, &groups, vec![denied(), Ok(3), denied()], &mut warnings);
        assert_eq!(whole, Ok(false));
        assert_eq!(known, HashMap::from([("batch".to_owned(), 3), ("web".to_owned(), 7)]));
        assert_eq!(warnings, ["denied (left empty)"]);
    }
}
