//! Finds the load balancers before a target group, which CloudWatch's request counts are filed under.
//!
//! `AWS/ApplicationELB RequestCount` is published per pair of load balancer and target group, and a group
//! knows only its target groups. CloudWatch's own list of metrics names the pairs, so no further service and no
//! further permission is needed.

use std::collections::HashMap;

use aws_sdk_cloudwatch::{Client, types::DimensionFilter};

use super::error::classify;
use crate::{
    cloud::CloudError,
    domain::{Seconds, Time},
};

/// The namespace of Application Load Balancers.
pub(super) const NAMESPACE: &str = "AWS/ApplicationELB";
/// Seconds after which a pair is looked up anew; pairs that were not found are looked up each time.
const STALE: Seconds = 3_600;

/// Load balancers by target group (`targetgroup/web/…` → `app/front/…`).
#[derive(Debug, Default)]
pub(super) struct Balancers {
    found: HashMap<String, (Time, Vec<String>)>,
}

impl Balancers {
    /// The load balancers before `target_group`, sorted; empty when CloudWatch has seen no request yet.
    ///
    /// # Errors
    /// Whatever kept the list of metrics from being read.
    pub(super) async fn before(
        &mut self,
        client: &Client,
        now: Time,
        target_group: &str,
    ) -> Result<Vec<String>, CloudError> {
        if let Some((read, known)) = self.found.get(target_group)
            && (now - *read).num_seconds() < STALE
        {
            return Ok(known.clone());
        }
        let known = look_up(client, target_group).await?;
        if known.is_empty() {
            self.found.remove(target_group);
        } else {
            self.found.insert(target_group.to_owned(), (now, known.clone()));
        }
        Ok(known)
    }
}

async fn look_up(client: &Client, target_group: &str) -> Result<Vec<String>, CloudError> {
    let filter = DimensionFilter::builder().name("TargetGroup").value(target_group).build();
    let mut pages = client
        .list_metrics()
        .namespace(NAMESPACE)
        .metric_name("RequestCount")
        .dimensions(filter)
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify("cloudwatch:ListMetrics", &e))?;
        let dimensions = page.metrics().iter().flat_map(|m| m.dimensions());
        found.extend(
            dimensions
                .filter(|d| d.name() == Some("LoadBalancer"))
                .filter_map(|d| d.value().map(str::to_owned)),
        );
    }
    found.sort();
    found.dedup();
    Ok(found)
}
