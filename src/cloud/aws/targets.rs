//! Which CloudWatch metrics stand behind a question: of EC2, of the group, of its load balancers, or the operator's own.

use std::borrow::Cow;

use super::balancer;
use crate::{
    cloud::MetricQuery,
    domain::metric::{CustomMetric, Metric},
};

/// One CloudWatch metric that adds to the answer of query `of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MetricTarget {
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

/// What else must be known of a group to ask for its metrics.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TargetContext<'a> {
    /// (Target group, load balancer) before it.
    pub(super) pairs: &'a [(String, String)],
    /// What [`Metric::Custom`] is.
    pub(super) custom: Option<&'a CustomMetric>,
    /// Its instances have weights: capacity is counted in units.
    pub(super) weighted: bool,
}

/// The CloudWatch metrics behind `query`.
pub(super) fn targets(of: usize, query: &MetricQuery, known: TargetContext<'_>) -> Vec<MetricTarget> {
    let of_group = |namespace: &'static str, name: &'static str, statistic| {
        let dimensions = vec![("AutoScalingGroupName".into(), query.group.clone())];
        vec![MetricTarget { of, namespace: namespace.into(), name: name.into(), statistic, dimensions }]
    };
    match query.metric {
        Metric::Cpu => of_group("AWS/EC2", "CPUUtilization", "Average"),
        Metric::NetworkIn => of_group("AWS/EC2", "NetworkIn", "Sum"),
        Metric::NetworkOut => of_group("AWS/EC2", "NetworkOut", "Sum"),
        Metric::InService if known.weighted => {
            of_group("AWS/AutoScaling", "GroupInServiceCapacity", "Average")
        }
        Metric::InService => of_group("AWS/AutoScaling", "GroupInServiceInstances", "Average"),
        Metric::Requests => balanced(of, "RequestCount", known.pairs),
        Metric::Errors => balanced(of, "HTTPCode_Target_5XX_Count", known.pairs),
        Metric::Custom => known.custom.map(|custom| own(of, custom)).into_iter().collect(),
        Metric::Demand => Vec::new(),
    }
}

fn own(of: usize, custom: &CustomMetric) -> MetricTarget {
    MetricTarget {
        of,
        namespace: custom.namespace.clone().into(),
        name: custom.name.clone().into(),
        statistic: custom.statistic.name(),
        dimensions: custom.dimensions.iter().map(|(name, v)| (name.clone().into(), v.clone())).collect(),
    }
}

fn balanced(of: usize, name: &'static str, pairs: &[(String, String)]) -> Vec<MetricTarget> {
    let target = |(target_group, load_balancer): &(String, String)| MetricTarget {
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
    use crate::domain::{
        at_epoch,
        metric::{Missing, Statistic},
    };

    fn query(metric: Metric) -> MetricQuery {
        MetricQuery { group: "web".into(), metric, from: at_epoch(0), until: at_epoch(900), period: 300 }
    }

    #[test]
    fn requests_and_errors_are_counted_at_every_balancer() {
        let pairs = [("t1".to_owned(), "l1".to_owned()), ("t2".to_owned(), "l1".to_owned())];
        let known = TargetContext { pairs: &pairs, ..TargetContext::default() };
        assert_eq!(targets(0, &query(Metric::Requests), known).len(), 2);
        assert_eq!(targets(0, &query(Metric::Requests), TargetContext::default()), []);
        let errors = targets(0, &query(Metric::Errors), known);
        assert_eq!((errors.len(), errors[0].name.as_ref()), (2, "HTTPCode_Target_5XX_Count"));
    }

    #[test]
    fn a_metric_of_the_operators_own_is_asked_for_as_it_is_named() {
        let custom = CustomMetric {
            namespace: "Shop".into(),
            name: "OpenSessions".into(),
            statistic: Statistic::Average,
            missing: Missing::Gap,
            dimensions: [("Site".to_owned(), "de".to_owned())].into(),
        };
        let query = query(Metric::Custom);
        assert_eq!(targets(0, &query, TargetContext::default()), [], "nobody has said what it is");
        let found = targets(3, &query, TargetContext { custom: Some(&custom), ..TargetContext::default() });
        assert_eq!(
            (found[0].of, found[0].namespace.as_ref(), found[0].name.as_ref(), found[0].statistic),
            (3, "Shop", "OpenSessions", "Average")
        );
        assert_eq!(found[0].dimensions, [("Site".into(), "de".to_owned())]);
    }

    #[test]
    fn with_weights_the_units_in_service_are_asked_for() {
        let name = |weighted| {
            let known = TargetContext { weighted, ..TargetContext::default() };
            targets(0, &query(Metric::InService), known)[0].name.clone()
        };
        assert_eq!([name(false), name(true)], ["GroupInServiceInstances", "GroupInServiceCapacity"]);
    }
}
