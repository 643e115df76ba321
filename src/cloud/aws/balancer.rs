//! Finds the load balancers before a target group, which CloudWatch's request counts are filed under.
//!
//! `AWS/ApplicationELB RequestCount` is published per pair of load balancer and target group, and a group
//! knows only its target groups. CloudWatch's own list of metrics names the pairs, so no further service and no
//! further permission is needed.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_cloudwatch::{Client, types::DimensionFilter};

use super::{
    answer_limit::{MOST_PAGES, too_many_pages},
    error::classify,
};
use crate::{
    cloud::CloudError,
    domain::{Seconds, Time},
};

/// The namespace of Application Load Balancers.
pub(super) const NAMESPACE: &str = "AWS/ApplicationELB";
/// Seconds after which a pair is looked up anew, and one that was not found.
const STALE: Seconds = 3_600;
const UNSEEN: Seconds = 600;
/// Target groups that are looked up one by one; for more all of the region are read, 500 a call.
const MOST_SINGLY: usize = 5;

/// Load balancers by target group (`targetgroup/web/…` → `app/front/…`).
#[derive(Debug, Default)]
pub(super) struct Balancers {
    found: HashMap<String, (Time, BTreeSet<String>)>,
}

impl Balancers {
    /// Looks up the load balancers before `target_groups`, where they are not known or known for long.
    ///
    /// # Errors
    /// Whatever kept the list of metrics from being read.
    pub(super) async fn find(
        &mut self,
        client: &Client,
        now: Time,
        target_groups: &[&str],
    ) -> Result<u64, CloudError> {
        let fresh = |t: &&str| {
            self.found.get(*t).is_some_and(|(at, known)| {
                (now - *at).num_seconds() < if known.is_empty() { UNSEEN } else { STALE }
            })
        };
        let due: Vec<&str> = target_groups.iter().copied().filter(|t| !fresh(t)).collect();
        let (mut calls, mut all) = (0, Pairs::new());
        if due.len() > MOST_SINGLY {
            calls += look_up(client, None, &mut all).await?;
        } else {
            for target_group in &due {
                calls += look_up(client, Some(target_group), &mut all).await?;
            }
        }
        for target_group in due {
            all.entry(target_group.to_owned()).or_default();
        }
        for (target_group, known) in all {
            // CloudWatch lists what had a point within two weeks: a pair that was idle for longer is still there.
            let idle =
                self.found.remove(&target_group).filter(|_| known.is_empty()).map(|(_, before)| before);
            self.found.insert(target_group, (now, idle.unwrap_or(known)));
        }
        Ok(calls)
    }

    /// The load balancers before `target_group`, sorted; empty when CloudWatch has seen no request yet.
    pub(super) fn before(&self, target_group: &str) -> impl Iterator<Item = &str> {
        self.found.get(target_group).into_iter().flat_map(|(_, known)| known).map(String::as_str)
    }
}

/// Load balancers by target group.
type Pairs = HashMap<String, BTreeSet<String>>;

/// Adds the pairs of `target_group`, or all, to `found`; gives the calls that it took.
async fn look_up(client: &Client, target_group: Option<&str>, found: &mut Pairs) -> Result<u64, CloudError> {
    let filter = target_group.map(|t| vec![DimensionFilter::builder().name("TargetGroup").value(t).build()]);
    let mut pages = client
        .list_metrics()
        .namespace(NAMESPACE)
        .metric_name("RequestCount")
        .set_dimensions(filter)
        .into_paginator()
        .send();
    let mut calls = 0;
    while let Some(page) = pages.next().await {
        calls += 1;
        if calls > MOST_PAGES {
            return Err(too_many_pages("cloudwatch:ListMetrics"));
        }
        let page = page.map_err(|e| classify("cloudwatch:ListMetrics", &e))?;
        for metric in page.metrics() {
            let value = |name| metric.dimensions().iter().find(|d| d.name() == Some(name))?.value();
            if let (Some(target_group), Some(balancer)) = (value("TargetGroup"), value("LoadBalancer")) {
                found.entry(target_group.to_owned()).or_default().insert(balancer.to_owned());
            }
        }
    }
    Ok(calls)
}
