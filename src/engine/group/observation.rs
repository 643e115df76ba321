//! Input of a group for one minute.

use crate::domain::{Seconds, Time, event::Event, group::GroupState, metric::Metric, series::Series};

/// The state of the whole fleet in this minute, and the calendar of the group.
#[derive(Debug, Clone)]
pub struct Context {
    /// The minute.
    pub now: Time,
    /// Events that concern the group.
    pub events: Vec<Event>,
    /// Scale-in is frozen for all groups.
    pub brake: bool,
    /// When an operator last released the brake.
    pub brake_released: Option<Time>,
    /// Seconds by which the clock jumped, during the cycle after it did.
    pub jump: Option<Seconds>,
    /// API calls during the last minute, all groups together.
    pub calls: u32,
    /// Why this process may not act on the group, where several share a fleet and it is in a mode that acts.
    pub no_lease: Option<String>,
    /// The lease of the group is held by another process, which may have changed the group.
    pub held_elsewhere: bool,
    /// This process changes nothing outside.
    pub read_only: bool,
}

/// One minute of one group.
#[derive(Debug)]
pub struct Observation {
    /// The context shared by all groups.
    pub context: Context,
    /// The group as just read; `None` where it could not be read.
    pub look: Option<GroupState>,
    /// Demand from the first step that is not settled or may change, load per step.
    pub demand: Option<Series>,
    /// The newest minutes of each metric.
    pub minutes: Vec<(Metric, Series)>,
    /// Metrics that were not answered in full: a point that is missing says nothing.
    pub incomplete: Vec<Metric>,
    /// CPU per step, where demand is asked for further back than minutes are.
    pub past_cpu: Option<Series>,
}
