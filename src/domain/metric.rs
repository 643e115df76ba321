//! The metrics that the program watches.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One of the metrics collected for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean CPU utilisation of the instances in service, in percent (`AWS/EC2 CPUUtilization`).
    Cpu,
    /// Bytes a minute received by the group's instances together (`AWS/EC2 NetworkIn`, sum).
    NetworkIn,
    /// Bytes a minute sent by the group's instances together (`AWS/EC2 NetworkOut`, sum).
    NetworkOut,
    /// Requests per period (`AWS/ApplicationELB RequestCount`, sum).
    Requests,
    /// Requests that the instances failed (`AWS/ApplicationELB HTTPCode_Target_5XX_Count`, sum).
    Errors,
    /// Instances in service (`AWS/AutoScaling GroupInServiceInstances`).
    InService,
    /// The metric that the configuration names for the group ([`CustomMetric`]).
    Custom,
    /// Demand, load per step, by whatever the group's demand is counted; made here, not collected.
    Demand,
}

impl Metric {
    /// Those that are collected for every group, in the order of the screen.
    pub const ALL: [Metric; 6] = [
        Metric::Cpu,
        Metric::NetworkIn,
        Metric::NetworkOut,
        Metric::Requests,
        Metric::InService,
        Metric::Errors,
    ];

    /// The name in the store, in CSV headers and in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Cpu => "cpu",
            Metric::NetworkIn => "network_in",
            Metric::NetworkOut => "network_out",
            Metric::Requests => "requests",
            Metric::Errors => "errors",
            Metric::InService => "in_service",
            Metric::Custom => "custom",
            Metric::Demand => "demand",
        }
    }

    /// The metric called `name`.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().chain([Metric::Custom, Metric::Demand]).find(|m| m.name() == name)
    }
}

/// A metric of the operator's own, by which demand is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomMetric {
    /// Namespace, for example `Shop/Checkout`.
    pub namespace: String,
    /// Name of the metric.
    pub name: String,
    /// Dimensions, by name; all that the metric is published with.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// What a period is summed up by.
    #[serde(default)]
    pub statistic: Statistic,
    /// What a period without a point is.
    #[serde(default)]
    pub missing: Missing,
}

/// What a period is for which nothing was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// A gap: nothing is known of it.
    #[default]
    Gap,
    /// Zero: the metric counts, and is published only where there was something to count.
    Zero,
}

/// What a period of a metric is summed up by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Statistic {
    /// Sum of what was published: for what comes, such as orders.
    #[default]
    Sum,
    /// Mean of what was published: for what stands, such as open sessions.
    Average,
    /// Least.
    Minimum,
    /// Most.
    Maximum,
    /// How often something was published.
    SampleCount,
}

impl Statistic {
    /// The word of the cloud and of the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Statistic::Sum => "Sum",
            Statistic::Average => "Average",
            Statistic::Minimum => "Minimum",
            Statistic::Maximum => "Maximum",
            Statistic::SampleCount => "SampleCount",
        }
    }

    /// Whether a longer period has more of it: five minutes five times what a minute has.
    pub fn adds_up(self) -> bool {
        matches!(self, Statistic::Sum | Statistic::SampleCount)
    }
}
