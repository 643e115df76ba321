//! Which CloudWatch metrics stand behind a question: of EC2, of the group, of its load balancers, or the operator's own.

use std::borrow::Cow;

use super::balancer;
use crate::{
    cloud::MetricQuery,
    domain::metric::{LoadMetric, Metric},
};

/// One CloudWatch metric that adds to the answer of query `of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Index of the [`MetricQuery`].
    pub(super) of: usize,
    /// Namespace.
    pub(super) namespace: Cow<'static, str>,
    /// Name.
    pub(super) name: Cow<'static, str>,
    /// Statistic.
    pub(super) statistic: &'static str,
    /// Dimensions, as name and value.
    pub(super) dimensions: Vec<(Cow<'static, str>, String)>,
}

/// Where the load of a group is counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted<'a> {
    /// (Target group, load balancer) before it.
    pub(super) pairs: &'a [(String, String)],
    /// The operator's own metric, which stands over the load balancers' requests.
    pub(super) load: Option<&'a LoadMetric>,
}

/// The CloudWatch metrics behind `query`.
pub(super) fn targets(of: usize, query: &MetricQuery, counted: Counted<'_>) -> Vec<Target> {
    let of_group = |namespace: &'static str, name: &'static str, statistic| {
        let dimensions = vec![("AutoScalingGroupName".into(), query.group.clone())];
        vec![Target { of, namespace: namespace.into(), name: name.into(), statistic, dimensions }]
    };
    match query.metric {
        Metric::Cpu => of_group("AWS/EC2", "CPUUtilization", "Average"),
        Metric::NetworkIn => of_group("AWS/EC2", "NetworkIn", "Sum"),
        Metric::NetworkOut => of_group("AWS/EC2", "NetworkOut", "Sum"),
        Metric::InService => of_group("AWS/AutoScaling", "GroupInServiceInstances", "Average"),
        Metric::Requests => match counted.load {
            Some(load) => vec![own(of, load)],
            None => balanced(of, "RequestCount", counted.pairs),
        },
        Metric::Errors => balanced(of, "HTTPCode_Target_5XX_Count", counted.pairs),
        Metric::Demand => Vec::new(),
    }
}

fn own(of: usize, load: &LoadMetric) -> Target {
    Target {
        of,
        namespace: load.namespace.clone().into(),
        name: load.name.clone().into(),
        statistic: load.statistic.name(),
        dimensions: load.dimensions.iter().map(|(name, v)| (name.clone().into(), v.clone())).collect(),
    }
}

fn balanced(of: usize, name: &'static str, pairs: &[(String, String)]) -> Vec<Target> {
    let target = |(target_group, load_balancer): &(String, String)| Target {
        of,
        namespace: balancer::NAMESPACE.into(),
        name: name.into(),
        statistic: "Sum",
        dimensions: vec![
            ("TargetGroup".into(), target_group.clone()),
            ("LoadBalancer".into(), load_balancer.clone()),
        ],
    };
    pairs.iter().map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, metric::LoadStatistic};

    fn query(metric: Metric) -> MetricQuery {
        MetricQuery { group: "web".into(), metric, from: at_epoch(0), until: at_epoch(900), period: 300 }
    }

    #[test]
    fn requests_and_errors_are_counted_at_every_balancer() {
        let pairs = [("t1".to_owned(), "l1".to_owned()), ("t2".to_owned(), "l1".to_owned())];
        let counted = Counted { pairs: &pairs, load: None };
        assert_eq!(targets(0, &query(Metric::Requests), counted).len(), 2);
        assert_eq!(targets(0, &query(Metric::Requests), Counted::default()), []);
        let errors = targets(0, &query(Metric::Errors), counted);
        assert_eq!((errors.len(), errors[0].name.as_ref()), (2, "HTTPCode_Target_5XX_Count"));
    }

    #[test]
    fn a_metric_of_the_operators_own_stands_over_requests_alone() {
        let load = LoadMetric {
            namespace: "Shop".into(),
            name: "Orders".into(),
            statistic: LoadStatistic::SampleCount,
            dimensions: [("Site".to_owned(), "de".to_owned())].into(),
        };
        let pairs = [("t1".to_owned(), "l1".to_owned())];
        let counted = Counted { pairs: &pairs, load: Some(&load) };
        let found = targets(3, &query(Metric::Requests), counted);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].of, found[0].namespace.as_ref(), found[0].statistic),
            (3, "Shop", "SampleCount")
        );
        assert_eq!(found[0].dimensions, [("Site".into(), "de".to_owned())]);
        assert_eq!(targets(0, &query(Metric::Errors), counted)[0].name, "HTTPCode_Target_5XX_Count");
    }
}
