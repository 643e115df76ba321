//! The metrics that the program watches.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One of the metrics collected for every group.
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
    /// Demand, load per step, by whatever the group's demand is counted; made here, not collected.
    Demand,
}

impl Metric {
    /// Those that are collected, in the order of the screen.
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
            Metric::Demand => "demand",
        }
    }

    /// The metric called `name`.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().chain([Metric::Demand]).find(|m| m.name() == name)
    }
}

/// A metric of the operator's own that counts a group's load, in place of its load balancer's requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadMetric {
    /// CloudWatch namespace (`Shop`).
    pub namespace: String,
    /// Name of the metric (`Orders`).
    pub name: String,
    /// How a period is summed up.
    #[serde(default)]
    pub statistic: LoadStatistic,
    /// Its dimensions, all of them.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
}

/// Statistics that add up over time, as load does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadStatistic {
    /// The sum of the values.
    #[default]
    Sum,
    /// How many values there are.
    SampleCount,
}

impl LoadStatistic {
    /// CloudWatch's word.
    pub fn name(self) -> &'static str {
        match self {
            LoadStatistic::Sum => "Sum",
            LoadStatistic::SampleCount => "SampleCount",
        }
    }
}
