//! The processes of an Auto Scaling group, each of which an operator of the group can suspend.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A process that may be suspended. In JSON and on the screen it is AWS's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ScalingProcess {
    /// Launches instances.
    Launch,
    /// Terminates instances.
    Terminate,
    /// Registers new instances with the load balancer.
    AddToLoadBalancer,
    /// Takes in alarms: without it the group's own policies do nothing.
    AlarmNotification,
    /// Marks instances as unhealthy.
    HealthCheck,
    /// Replaces what is unhealthy.
    ReplaceUnhealthy,
    /// Carries out scheduled actions.
    ScheduledActions,
    /// One that this program does not tell apart, by AWS's name.
    Other(String),
}

impl ScalingProcess {
    /// All that have a variant of their own.
    pub const ALL: [ScalingProcess; 7] = [
        ScalingProcess::Launch,
        ScalingProcess::Terminate,
        ScalingProcess::AddToLoadBalancer,
        ScalingProcess::AlarmNotification,
        ScalingProcess::HealthCheck,
        ScalingProcess::ReplaceUnhealthy,
        ScalingProcess::ScheduledActions,
    ];

    /// AWS's word.
    pub fn name(&self) -> &str {
        match self {
            ScalingProcess::Launch => "Launch",
            ScalingProcess::Terminate => "Terminate",
            ScalingProcess::AddToLoadBalancer => "AddToLoadBalancer",
            ScalingProcess::AlarmNotification => "AlarmNotification",
            ScalingProcess::HealthCheck => "HealthCheck",
            ScalingProcess::ReplaceUnhealthy => "ReplaceUnhealthy",
            ScalingProcess::ScheduledActions => "ScheduledActions",
            ScalingProcess::Other(name) => name,
        }
    }
}

impl fmt::Display for ScalingProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<String> for ScalingProcess {
    fn from(name: String) -> Self {
        let known = ScalingProcess::ALL.into_iter().find(|process| process.name() == name);
        known.unwrap_or(ScalingProcess::Other(name))
    }
}

impl From<ScalingProcess> for String {
    fn from(process: ScalingProcess) -> Self {
        match process {
            ScalingProcess::Other(name) => name,
            known => known.name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_keep_the_names_of_aws() {
        for name in ["Launch", "ReplaceUnhealthy", "AZRebalance"] {
            let process = ScalingProcess::from(name.to_owned());
            let json = serde_json::to_string(&process).expect("a word");
            assert_eq!(json, format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<ScalingProcess>(&json).expect("as written"), process);
        }
    }
}
