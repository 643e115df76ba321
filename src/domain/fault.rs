//! What can be made to go wrong in the simulation.

use serde::{Deserialize, Serialize};

/// One thing that goes wrong in the simulation when an operator asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The next launches fail with a quota error for ten minutes.
    LaunchFailure,
    /// No metrics arrive for fifteen minutes.
    MetricGap,
    /// Metrics arrive ten minutes late for thirty minutes.
    MetricDelay,
    /// Every call is throttled for five minutes.
    Throttling,
    /// An instance refresh runs.
    InstanceRefresh,
    /// The process Launch is suspended for half an hour.
    SuspendLaunch,
    /// The process Terminate is suspended for half an hour.
    SuspendTerminate,
    /// Every instance is protected from scale-in for half an hour.
    ProtectInstances,
    /// Demand doubles within five minutes for half an hour.
    Surge,
    /// A release needs 60 % more CPU for the same requests, for six hours.
    HeavyRelease,
    /// Half of the requests fail, and fail fast, for half an hour: CPU falls.
    ErrorsRise,
    /// Nothing in one zone is healthy for half an hour, and less work gets done.
    ZoneImpaired,
    /// Somebody else changes the desired capacity.
    ForeignChange,
    /// A scheduled action of somebody else will fire in ten minutes.
    ForeignSchedule,
    /// Life-cycle hooks hold whatever comes or goes for half an hour.
    LifecycleHook,
    /// What is launched does not arrive for half an hour.
    LaunchStuck,
    /// Capacity Rebalancing runs one instance more for half an hour.
    Rebalance,
    /// The processes AlarmNotification and HealthCheck are suspended for half an hour.
    SuspendAlarms,
    /// The process AddToLoadBalancer is suspended for half an hour.
    SuspendLoadBalancer,
}

impl Fault {
    /// All of them, in the order of the menu.
    pub const ALL: [Fault; 19] = [
        Fault::Surge,
        Fault::LaunchFailure,
        Fault::MetricGap,
        Fault::MetricDelay,
        Fault::Throttling,
        Fault::InstanceRefresh,
        Fault::SuspendLaunch,
        Fault::SuspendTerminate,
        Fault::ProtectInstances,
        Fault::ErrorsRise,
        Fault::ZoneImpaired,
        Fault::ForeignChange,
        Fault::ForeignSchedule,
        Fault::LifecycleHook,
        Fault::LaunchStuck,
        Fault::Rebalance,
        Fault::SuspendAlarms,
        Fault::SuspendLoadBalancer,
        Fault::HeavyRelease,
    ];

    /// The word on the menu and in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Fault::LaunchFailure => "launch failures (quota)",
            Fault::MetricGap => "metric gap",
            Fault::MetricDelay => "metric delay",
            Fault::Throttling => "API throttling",
            Fault::InstanceRefresh => "instance refresh",
            Fault::SuspendLaunch => "Launch suspended",
            Fault::SuspendTerminate => "Terminate suspended",
            Fault::ProtectInstances => "scale-in protection",
            Fault::Surge => "demand surge",
            Fault::HeavyRelease => "release needs more CPU",
            Fault::ErrorsRise => "errors rise, CPU falls",
            Fault::ZoneImpaired => "zone impaired",
            Fault::ForeignChange => "desired capacity changed externally",
            Fault::ForeignSchedule => "foreign scheduled action",
            Fault::LifecycleHook => "lifecycle hooks waiting",
            Fault::LaunchStuck => "launches never become ready",
            Fault::Rebalance => "capacity rebalancing",
            Fault::SuspendAlarms => "AlarmNotification suspended",
            Fault::SuspendLoadBalancer => "AddToLoadBalancer suspended",
        }
    }
}
