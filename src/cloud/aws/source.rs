//! The reading half: [`MetricSource`] over EC2 Auto Scaling and CloudWatch.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;
use aws_sdk_autoscaling::types::AutoScalingGroup;

use super::{
    balancer::Balancers,
    convert,
    fleet::{self, Details},
    metrics,
};
use crate::{
    cloud::{CloudError, MetricQuery, MetricSource},
    domain::{
        Time,
        group::GroupState,
        metric::{CustomMetric, Metric},
        series::Series,
        text::clean,
    },
};

/// Reads groups and metrics of one region. Holds no call that changes anything.
#[derive(Debug)]
pub struct AwsSource {
    scaling: aws_sdk_autoscaling::Client,
    watch: aws_sdk_cloudwatch::Client,
    names: Vec<String>,
    region: String,
    account: Option<String>,
    details: Details,
    balancers: Balancers,
    /// Target groups by group, from the newest list; `None` before the first.
    target_groups: Option<HashMap<String, Vec<String>>>,
    /// What [`Metric::Custom`] is, by group.
    customs: HashMap<String, CustomMetric>,
    /// Groups whose instances have weights, as of the newest look.
    weighted: HashSet<String>,
    group_warnings: Vec<String>,
    metric_warnings: Vec<String>,
    /// Calls so far; a call of many pages counts once a hundred groups.
    calls: u64,
}

impl AwsSource {
    pub(super) fn new(
        scaling: aws_sdk_autoscaling::Client,
        watch: aws_sdk_cloudwatch::Client,
        names: Vec<String>,
        region: String,
    ) -> Self {
        AwsSource {
            scaling,
            watch,
            names,
            region,
            account: None,
            details: Details::default(),
            balancers: Balancers::default(),
            target_groups: None,
            customs: HashMap::new(),
            weighted: HashSet::new(),
            group_warnings: Vec::new(),
            metric_warnings: Vec::new(),
            calls: 0,
        }
    }

    /// What the newest look and the newest read could not give, in sentences for the operator.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.group_warnings.iter().chain(&self.metric_warnings).map(String::as_str)
    }

    async fn list(&mut self) -> Result<BTreeMap<String, AutoScalingGroup>, CloudError> {
        self.calls += pages(self.names.len());
        let found = fleet::list(&self.scaling, &self.names).await?;
        let account = found.values().find_map(|g| convert::account(g.auto_scaling_group_arn()?));
        self.account = account.or(self.account.take());
        let target_groups = found.iter().map(|(name, g)| (name.clone(), convert::target_groups(g)));
        self.target_groups = Some(target_groups.collect());
        Ok(found)
    }

    /// (Target group, load balancer) pairs before the groups whose requests are asked for.
    async fn pairs(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
    ) -> Result<HashMap<String, Vec<(String, String)>>, CloudError> {
        let mut pairs: HashMap<String, Vec<(String, String)>> = HashMap::new();
        let asked = || queries.iter().filter(|q| [Metric::Requests, Metric::Errors].contains(&q.metric));
        if asked().next().is_some() && self.target_groups.is_none() {
            self.list().await?;
        }
        let Some(target_groups) = &self.target_groups else { return Ok(pairs) };
        for query in asked().filter(|q| target_groups.contains_key(&q.group)) {
            if pairs.contains_key(&query.group) {
                continue;
            }
            let mut found = Vec::new();
            for target_group in &target_groups[&query.group] {
                match self.balancers.before(&self.watch, now, target_group).await {
                    Ok(names) => found.extend(names.into_iter().map(|lb| (target_group.clone(), lb))),
                    Err(CloudError::Stop(text)) => {
                        self.metric_warnings.push(format!("{text} (requests stay a gap)"));
                        return Ok(pairs);
                    }
                    Err(passing) => return Err(passing),
                }
            }
            pairs.insert(query.group.clone(), found);
        }
        Ok(pairs)
    }
}

/// Calls that it takes to read of `groups` groups, a hundred at once.
fn pages(groups: usize) -> u64 {
    groups.div_ceil(100).max(1) as u64
}

#[async_trait]
impl MetricSource for AwsSource {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        let found = self.list().await?;
        self.group_warnings.clear();
        for name in self.names.iter().filter(|name| !found.contains_key(*name)) {
            let (name, region) = (clean(name, 80), &self.region);
            self.group_warnings.push(format!("there is no group `{name}` in {region}; check its name"));
        }
        let names: Vec<String> = found.keys().cloned().collect();
        // Policies and scheduled actions of all groups, activities and refresh of each.
        self.calls += 2 * pages(names.len()) + 2 * names.len() as u64;
        self.details.read(&self.scaling, &names, &mut self.group_warnings).await?;
        let whole = |(name, group): (&String, &AutoScalingGroup)| GroupState {
            policies: self.details.policies(name),
            schedules: self.details.schedules(name),
            activities: self.details.activities(name),
            refresh: self.details.refresh(name),
            ..convert::group(now, name, group)
        };
        let groups: Vec<GroupState> = found.iter().map(whole).collect();
        let weighted = groups.iter().filter(|group| group.largest_weight() > 1);
        self.weighted = weighted.map(|group| group.name.clone()).collect();
        Ok(groups)
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        self.metric_warnings.clear();
        let pairs = self.pairs(now, queries).await?;
        let targets: Vec<_> = queries
            .iter()
            .enumerate()
            .flat_map(|(i, q)| {
                let known = metrics::Known {
                    pairs: pairs.get(&q.group).map_or(&[], Vec::as_slice),
                    custom: self.customs.get(&q.group),
                    weighted: self.weighted.contains(&q.group),
                };
                metrics::targets(i, q, known)
            })
            .collect();
        self.calls += targets.len().div_ceil(500) as u64;
        metrics::read(&self.watch, now, queries, &targets, &mut self.metric_warnings).await
    }

    fn define(&mut self, group: &str, custom: &CustomMetric) {
        self.customs.insert(group.to_owned(), custom.clone());
    }

    fn calls(&self) -> u64 {
        self.calls
    }

    fn name(&self) -> String {
        match &self.account {
            Some(account) => format!("aws {} {account}", self.region),
            None => format!("aws {}", self.region),
        }
    }
}
