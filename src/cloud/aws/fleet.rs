//! Reads the list of groups, and says whose details are due. The list must be read, or the look has failed.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_autoscaling::{
    Client,
    types::{AutoScalingGroup, Filter},
};

use super::{
    answer_limit::{MOST_PAGES, too_many_pages},
    error::classify,
};
use crate::{cloud::CloudError, domain::Time};

/// Groups, policies and names asked for at once: the most that AWS gives.
pub(super) const PAGE: i32 = 100;
/// Groups whose details are read in one look: each costs some calls, and AWS throttles an account as a whole.
const MOST_DETAILED: usize = 100;
/// A metric of the group's own that is published once group metrics are on.
const GROUP_METRIC: &str = "GroupInServiceInstances";

/// Which groups are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// By name; empty means every one.
    pub(super) names: Vec<String>,
    /// Tags that they must have, with their values.
    pub(super) tags: BTreeMap<String, String>,
}

/// The groups of `choice`, by name, and the calls that it took.
///
/// # Errors
/// Whatever kept the list from being read in full.
pub(super) async fn list(
    client: &Client,
    choice: &Choice,
) -> Result<(BTreeMap<String, AutoScalingGroup>, u64), CloudError> {
    let (mut found, mut calls) = (BTreeMap::new(), 0);
    let asked: Vec<Option<Vec<String>>> = if choice.names.is_empty() {
        vec![None]
    } else {
        choice.names.chunks(PAGE as usize).map(|c| Some(c.to_vec())).collect()
    };
    let filter = |(k, v): (&String, &String)| Filter::builder().name(format!("tag:{k}")).values(v).build();
    let filters: Vec<Filter> = choice.tags.iter().map(filter).collect();
    for names in asked {
        let mut pages = client
            .describe_auto_scaling_groups()
            .set_auto_scaling_group_names(names)
            .set_filters((!filters.is_empty()).then(|| filters.clone()))
            .max_records(PAGE)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            calls += 1;
            if calls > MOST_PAGES {
                return Err(too_many_pages("autoscaling:DescribeAutoScalingGroups"));
            }
            let page = page.map_err(|e| classify("autoscaling:DescribeAutoScalingGroups", &e))?;
            for group in page.auto_scaling_groups.unwrap_or_default() {
                if let Some(name) = group.auto_scaling_group_name() {
                    found.insert(name.to_owned(), group);
                }
            }
        }
    }
    Ok((found, calls))
}

/// True if the group's own metrics are published.
pub(super) fn has_group_metrics(group: &AutoScalingGroup) -> bool {
    group.enabled_metrics().iter().any(|m| m.metric() == Some(GROUP_METRIC))
}

/// Sizes and instances of a group: where they change, something is going on.
type GroupFingerprint = (i32, i32, i32, usize, usize);

/// When the details of each group were read, and what it looked like then.
#[derive(Debug, Default)]
pub(super) struct Rounds(HashMap<String, (Time, GroupFingerprint)>);

impl Rounds {
    /// The groups whose details are to be read now, a hundred at the most: first those that have changed or were never
    /// read, then those that were read longest ago.
    pub(super) fn due(&self, found: &BTreeMap<String, AutoScalingGroup>) -> Vec<String> {
        let age = |(name, group): &(&String, &AutoScalingGroup)| match self.0.get(*name) {
            Some((at, known)) if *known == shape(group) => Some(*at),
            _ => None,
        };
        let mut all: Vec<_> = found.iter().collect();
        // Nothing known sorts before any moment.
        all.sort_by_key(age);
        all.into_iter().take(MOST_DETAILED).map(|(name, _)| name.clone()).collect()
    }

    /// Notes that `group` was read at `now`.
    pub(super) fn note(&mut self, now: Time, name: &str, group: &AutoScalingGroup) {
        self.0.insert(name.to_owned(), (now, shape(group)));
    }
}

fn shape(group: &AutoScalingGroup) -> GroupFingerprint {
    let size = |n: Option<i32>| n.unwrap_or(-1);
    let serving =
        group.instances().iter().filter(|i| i.lifecycle_state().is_some_and(|s| s.as_str() == "InService"));
    let (all, serving) = (group.instances().len(), serving.count());
    (size(group.min_size()), size(group.max_size()), size(group.desired_capacity()), all, serving)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn a_large_fleet_is_read_in_rounds_and_what_changed_first() {
        let group = |desired: i32| AutoScalingGroup::builder().desired_capacity(desired).build();
        let mut found: BTreeMap<String, AutoScalingGroup> =
            (0..250).map(|i| (format!("g{i:03}"), group(2))).collect();
        let mut rounds = Rounds::default();
        let mut look = |found: &BTreeMap<String, AutoScalingGroup>, now: i64| {
            let due = rounds.due(found);
            due.iter().for_each(|name| rounds.note(at_epoch(now), name, &found[name]));
            due
        };
        assert_eq!(look(&found, 0).first().map(String::as_str), Some("g000"));
        assert_eq!(look(&found, 60).first().map(String::as_str), Some("g100"));
        found.insert("g007".into(), group(9));
        let third = look(&found, 120);
        assert!(third.contains(&"g007".to_owned()) && third.contains(&"g249".to_owned()), "{third:?}");
        assert_eq!(third.len(), 100);
        assert_eq!(look(&found, 180).len(), 100);
    }
}
