//! What a simulated group is, before anything happens to it.

use super::{load::Interpolation, trace::Trace};
use crate::domain::{
    Seconds,
    group::{ScalingPolicy, WarmPool},
};

/// How the metrics of a group are published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Publishing {
    /// Whole, `metrics_delay` after the end of a period, zeros as well.
    AtOnce,
    /// Late, in parts, corrected, and nothing for zero, as AWS does; `metrics_delay` is the least delay if it is more than
    /// a minute.
    #[default]
    AsAws,
}

/// A simulated Auto Scaling group. It has many fields because each is one setting of its own, which tests and the demo fleet
/// change one by one from [`GroupSpec::plain`].
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSpec {
    /// AutoScalingGroupName.
    pub name: String,
    /// The recorded load that it serves.
    pub trace: Trace,
    /// How the load runs within a step of the trace.
    pub interpolation: Interpolation,
    /// After its end the trace begins anew, moved by whole weeks.
    pub wraps: bool,
    /// Load per step of the trace that one instance serves at 100 % CPU.
    pub capacity: f64,
    /// Shortest and longest time from launch to in service, drawn evenly, in seconds.
    pub boot: (Seconds, Seconds),
    /// Seconds from in service until the load balancer has found a new instance healthy; it carries no load before.
    pub checks: Seconds,
    /// Seconds after which a target-tracking policy counts a new instance.
    pub warmup: Seconds,
    /// MinSize.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// Instances in service at the start; `None` keeps what the quiet history before it left.
    pub initial_desired: Option<u32>,
    /// DefaultCooldown in seconds. It is shown; SetDesiredCapacity does not honour it unless asked, as on AWS.
    pub cooldown: Seconds,
    /// Target of the group's own target-tracking policy, in percent CPU.
    pub target_tracking: Option<f64>,
    /// Measured CPU and bytes scatter a little, and now and then a launch fails.
    pub noise: bool,
    /// Seconds from the end of a period until its metrics can be seen.
    pub metrics_delay: Seconds,
    /// How metrics are published.
    pub publishing: Publishing,
    /// Instances that are always protected from scale-in.
    pub scale_in_protected: u32,
    /// Policies that are shown beside the target tracking, and do nothing here.
    pub policies: Vec<ScalingPolicy>,
    /// Units of capacity that an instance counts for, at least 1. MinSize, MaxSize and DesiredCapacity are in units.
    pub weight: u32,
    /// A warm pool, as it is shown.
    pub warm_pool: Option<WarmPool>,
    /// The tag `prescale:owner`.
    pub owner: Option<String>,
    /// Bytes received and sent for one unit of load.
    pub bytes: (f64, f64),
    /// Tags, as key and value, beside that of the owner.
    pub tags: Vec<(String, String)>,
    /// Group metrics (`GroupInServiceInstances`) are published.
    pub group_metrics: bool,
    /// EC2 publishes every minute; else every five.
    pub detailed_monitoring: bool,
}

impl GroupSpec {
    /// A group without noise, faults, delay or policy: boots take 300 s, sizes run from 1 to 40. What a
    /// backtest starts from.
    pub fn plain(name: &str, trace: Trace, capacity: f64) -> GroupSpec {
        GroupSpec {
            name: name.to_owned(),
            trace,
            interpolation: Interpolation::Linear,
            wraps: false,
            capacity,
            boot: (300, 300),
            checks: 0,
            warmup: 300,
            min: 1,
            max: 40,
            initial_desired: None,
            cooldown: 300,
            target_tracking: None,
            noise: false,
            metrics_delay: 0,
            publishing: Publishing::default(),
            scale_in_protected: 0,
            policies: vec![],
            weight: 1,
            warm_pool: None,
            owner: None,
            bytes: (2_000.0, 24_000.0),
            tags: vec![],
            group_metrics: true,
            detailed_monitoring: true,
        }
    }
}
