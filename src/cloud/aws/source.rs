//! The reading half: [`MetricSource`] over EC2 Auto Scaling, Elastic Load Balancing and CloudWatch.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use aws_sdk_autoscaling::types::AutoScalingGroup;

use super::{
    balancer::Balancers,
    convert,
    details::{Clients, Details, Misses, Wanted},
    fleet::{self, Choice, Listing, Rounds, some},
    metrics,
    place::Place,
    prose,
    targets::{TargetContext, targets},
};
use crate::{
    cloud::{CallWording, CloudError, MetricQuery, MetricSource, ResizeWording, Retention},
    domain::{
        Time,
        group::GroupState,
        metric::{CustomMetric, Metric},
        series::Series,
        text::clean,
    },
};

/// Dollars for a thousand metrics asked of GetMetricData (aws.amazon.com/cloudwatch/pricing, outside the free tier).
const PRICE: f64 = 0.01;

/// The services that are read.
#[derive(Debug, Clone)]
pub(super) struct Services {
    pub(super) scaling: aws_sdk_autoscaling::Client,
    pub(super) watch: aws_sdk_cloudwatch::Client,
    pub(super) balancing: aws_sdk_elasticloadbalancingv2::Client,
}

/// Reads groups and metrics of one region. Holds no call that changes anything.
///
/// It has many fields because each is what one kind of answer leaves for the next question.
#[derive(Debug)]
pub struct AwsSource {
    services: Services,
    choice: Choice,
    place: Place,
    account: Option<String>,
    details: Details,
    rounds: Rounds,
    balancers: Balancers,
    /// ARNs of target groups by group, from the newest list; `None` before the first.
    target_groups: Option<HashMap<String, Vec<String>>>,
    /// What [`Metric::Custom`] is, by group.
    customs: HashMap<String, CustomMetric>,
    /// Groups whose instances have weights, as of the newest look.
    weighted: HashSet<String>,
    group_warnings: Vec<String>,
    /// Groups whose answer is damaged, with what is wrong.
    left_out: BTreeMap<String, String>,
    metric_warnings: Vec<String>,
    /// Metrics of groups that the newest answer does not give in full.
    incomplete: HashSet<(String, Metric)>,
    /// Groups that EC2 publishes every five minutes only.
    basic: BTreeSet<String>,
    /// Calls so far; a call of many pages counts once.
    calls: u64,
    billed: u64,
}

impl AwsSource {
    pub(super) fn new(services: Services, choice: Choice, place: Place, details: Details) -> Self {
        AwsSource {
            services,
            choice,
            place,
            account: None,
            details,
            rounds: Rounds::default(),
            balancers: Balancers::default(),
            target_groups: None,
            customs: HashMap::new(),
            weighted: HashSet::new(),
            group_warnings: Vec::new(),
            left_out: BTreeMap::new(),
            metric_warnings: Vec::new(),
            incomplete: HashSet::new(),
            basic: BTreeSet::new(),
            calls: 0,
            billed: 0,
        }
    }

    async fn list(&mut self) -> Result<BTreeMap<String, AutoScalingGroup>, CloudError> {
        let Listing { found, damaged, calls } = fleet::list(&self.services.scaling, &self.choice).await?;
        self.calls += calls;
        self.left_out = damaged;
        let account = found.values().find_map(|g| convert::account(g.auto_scaling_group_arn()?));
        self.account = account.or(self.account.take());
        let target_groups = found.iter().map(|(name, g)| (name.clone(), convert::target_groups(g)));
        self.target_groups = Some(target_groups.collect());
        Ok(found)
    }

    /// Reads the details of `names` anew; of `one` group alone, without a look at the others. Gives warnings of what could
    /// not be read.
    async fn read_details(
        &mut self,
        now: Time,
        found: &BTreeMap<String, AutoScalingGroup>,
        names: &[String],
        one: bool,
    ) -> Vec<String> {
        let target_groups = |name: &String| convert::target_groups(&found[name]);
        let wanted: Vec<Wanted> =
            names.iter().map(|n| Wanted { name: n.clone(), target_groups: target_groups(n) }).collect();
        let clients = Clients { scaling: &self.services.scaling, balancing: &self.services.balancing };
        let mut misses = Misses::default();
        let (calls, later) = self.details.read(&clients, &wanted, one, &mut misses).await;
        self.calls += calls;
        let read = names.iter().filter(|name| !later.contains(*name));
        read.for_each(|name| self.rounds.note(now, name, &found[name]));
        let mut warnings = misses.warnings(names.len());
        if !later.is_empty() {
            warnings
                .push(format!("AWS answers slowly: the details of {} groups are read later", later.len()));
        }
        warnings
    }

    /// The group called `name` with all that is known of it.
    fn whole(&self, now: Time, name: &str, group: &AutoScalingGroup) -> Result<GroupState, String> {
        let tag = self.choice.show_tag.as_ref().and_then(|key| convert::tag(group, key));
        convert::group(now, name, group).map(|state| self.details.complete(GroupState { tag, ..state }))
    }

    /// What the list itself says of groups that are missing, or blind.
    fn warn_of_groups(&mut self, found: &BTreeMap<String, AutoScalingGroup>) {
        let gone = |name: &&String| !found.contains_key(*name) && !self.left_out.contains_key(*name);
        for name in self.choice.names.iter().filter(gone) {
            let (name, region) = (clean(name, 80), &self.place.region);
            let tagged = if self.choice.tags.is_empty() { "name" } else { "name and its tags" };
            self.group_warnings.push(format!("there is no group `{name}` in {region}; check its {tagged}"));
        }
        let blind: Vec<&String> =
            found.iter().filter(|(_, g)| !fleet::has_group_metrics(g)).map(|(name, _)| name).collect();
        if let Some(first) = blind.first() {
            self.group_warnings.push(format!(
                "group metrics are off, so instances in service are not known over time: {}; aws autoscaling \
                 enable-metrics-collection --auto-scaling-group-name {} --granularity 1Minute",
                some(&blind),
                clean(first, 80)
            ));
        }
    }

    /// Remembers which groups have basic monitoring only, from minutes of CPU.
    fn note_basic(&mut self, queries: &[MetricQuery], series: &[Series]) {
        let basic = metrics::basic(queries, series);
        let told = queries
            .iter()
            .zip(series)
            .filter(|(q, s)| q.metric == Metric::Cpu && q.period == 60 && s.known().count() > 2);
        for group in told.map(|(query, _)| &query.group) {
            match basic.contains(group) {
                true => drop(self.basic.insert(group.clone())),
                false => drop(self.basic.remove(group)),
            }
        }
    }

    /// Says which groups have basic monitoring only.
    fn basic_warning(&self) -> Option<String> {
        let names: Vec<&String> = self.basic.iter().collect();
        Some(format!(
            "basic monitoring: EC2 publishes CPU and bytes every five minutes only: {}; set Monitoring.Enabled in the \
             launch template and run: aws ec2 monitor-instances --instance-ids $(aws autoscaling \
             describe-auto-scaling-groups --auto-scaling-group-names {} --query \
             'AutoScalingGroups[].Instances[].InstanceId' --output text)",
            some(&names),
            clean(names.first()?, 80)
        ))
    }

    /// (Target group, load balancer) pairs before the groups whose requests are asked for.
    async fn pairs(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
    ) -> Result<HashMap<String, Vec<(String, String)>>, CloudError> {
        let counted = |q: &&MetricQuery| [Metric::Requests, Metric::Errors].contains(&q.metric);
        let groups: BTreeSet<&String> = queries.iter().filter(counted).map(|q| &q.group).collect();
        if groups.is_empty() {
            return Ok(HashMap::new());
        }
        if self.target_groups.is_none() {
            self.list().await?;
        }
        let Some(known) = &self.target_groups else { return Ok(HashMap::new()) };
        let before = |group: &&String| {
            let arns = known.get(*group).into_iter().flatten();
            let dimensions: Vec<&str> = arns.filter_map(|arn| convert::target_group_dimension(arn)).collect();
            ((*group).clone(), dimensions)
        };
        let behind: Vec<(String, Vec<&str>)> = groups.iter().map(before).collect();
        let all: Vec<&str> = behind.iter().flat_map(|(_, dimensions)| dimensions.iter().copied()).collect();
        match self.balancers.find(&self.services.watch, now, &all).await {
            Ok(calls) => self.calls += calls,
            Err(CloudError::Stop(text)) => {
                self.calls += 1;
                note(&mut self.metric_warnings, [format!("{text} (requests are missing)")]);
            }
            Err(passing) => return Err(passing),
        }
        let pairs = |dimension: &&str| {
            let dimension = (*dimension).to_owned();
            let names = self.balancers.before(&dimension).map(str::to_owned).collect::<Vec<_>>();
            names.into_iter().map(move |balancer| (dimension.clone(), balancer))
        };
        Ok(behind.iter().map(|(group, d)| (group.clone(), d.iter().flat_map(pairs).collect())).collect())
    }
}

/// Adds `warnings` to those that are `known`, each once.
fn note(known: &mut Vec<String>, warnings: impl IntoIterator<Item = String>) {
    for warning in warnings {
        if !known.contains(&warning) {
            known.push(warning);
        }
    }
}

#[async_trait]
impl MetricSource for AwsSource {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        self.details.begin();
        let found = self.list().await?;
        self.metric_warnings.clear();
        let due = self.rounds.due(&found);
        self.group_warnings = self.read_details(now, &found, &due, false).await;
        self.warn_of_groups(&found);
        self.details.retain(|name| found.contains_key(name));
        let mut groups = Vec::new();
        for (name, group) in &found {
            match self.whole(now, name, group) {
                Ok(group) => groups.push(group),
                Err(why) => drop(self.left_out.insert(name.clone(), why)),
            }
        }
        let weighted = groups.iter().filter(|group| group.largest_weight() > 1);
        self.weighted = weighted.map(|group| group.name.clone()).collect();
        Ok(groups)
    }

    async fn group(&mut self, now: Time, name: &str) -> Result<Option<GroupState>, CloudError> {
        let choice = Choice { names: vec![name.to_owned()], ..self.choice.clone() };
        let Listing { found, damaged, calls } = fleet::list(&self.services.scaling, &choice).await?;
        self.calls += calls;
        let error =
            |why: String| CloudError::Replan(format!("the answer for {} is damaged: {why}", clean(name, 80)));
        if let Some(why) = damaged.into_values().next() {
            return Err(error(why));
        }
        let Some(group) = found.get(name) else { return Ok(None) };
        self.read_details(now, &found, &[name.to_owned()], true).await;
        self.whole(now, name, group).map(Some).map_err(error)
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        let pairs = self.pairs(now, queries).await?;
        let known = |group: &str| TargetContext {
            pairs: pairs.get(group).map_or(&[], Vec::as_slice),
            custom: self.customs.get(group),
            weighted: self.weighted.contains(group),
        };
        let targets: Vec<_> =
            queries.iter().enumerate().flat_map(|(i, q)| targets(i, q, known(&q.group))).collect();
        self.calls += targets.len().div_ceil(500) as u64;
        self.billed += targets.len() as u64;
        let mut warnings = Vec::new();
        let read = metrics::read(&self.services.watch, now, queries, &targets, &mut warnings).await;
        note(&mut self.metric_warnings, warnings);
        let (series, parts) = read?;
        let behind: HashSet<usize> = targets.iter().map(|target| target.of).collect();
        let whole = |of: &usize| behind.contains(of) && !parts.contains(of);
        let of_query = |of: usize| (queries[of].group.clone(), queries[of].metric);
        self.incomplete = (0..queries.len()).filter(|of| !whole(of)).map(of_query).collect();
        self.note_basic(queries, &series);
        Ok(series)
    }

    fn is_complete(&self, group: &str, metric: Metric) -> bool {
        !self.incomplete.contains(&(group.to_owned(), metric))
    }

    fn define(&mut self, group: &str, custom: &CustomMetric) {
        self.customs.insert(group.to_owned(), custom.clone());
    }

    fn calls(&self) -> u64 {
        self.calls
    }

    fn billed(&self) -> u64 {
        self.billed
    }

    fn price(&self) -> f64 {
        PRICE
    }

    fn warnings(&self) -> Vec<String> {
        let left_out = self.left_out.iter();
        let left_out = left_out
            .map(|(name, why)| format!("{} is left out: its answer is damaged: {why}", clean(name, 80)));
        let all = self.group_warnings.iter().chain(&self.metric_warnings).cloned();
        left_out.chain(all).chain(self.basic_warning()).collect()
    }

    fn left_out(&self) -> BTreeMap<String, String> {
        let damaged =
            |(name, why): (&String, &String)| (clean(name, 255), format!("the answer is damaged: {why}"));
        self.left_out.iter().map(damaged).collect()
    }

    fn keeps(&self) -> &'static [Retention] {
        &metrics::KEPT
    }

    fn wording(&self) -> CallWording {
        Arc::new(prose::calls)
    }

    fn resizing(&self) -> ResizeWording {
        self.place.resizing()
    }

    fn name(&self) -> String {
        let account = self.account.as_ref().map_or(String::new(), |account| format!(" {account}"));
        let endpoint = self.place.endpoint.as_ref().map_or(String::new(), |host| format!(" at {host}"));
        format!("aws {}{account}{endpoint}", self.place.region)
    }
}
