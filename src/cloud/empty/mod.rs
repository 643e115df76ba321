//! An account without groups: the program starts, shows nothing, and changes nothing.

use async_trait::async_trait;

use super::{CloudError, MetricQuery, MetricSource, Scaler};
use crate::domain::{Time, actuator::FloorWindow, group::GroupState, series::Series};

/// Reads nothing, and changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Empty;

#[async_trait]
impl MetricSource for Empty {
    async fn groups(&mut self, _now: Time) -> Result<Vec<GroupState>, CloudError> {
        Ok(Vec::new())
    }

    async fn metrics(&mut self, _now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        let gap = |q: &MetricQuery| Series::from_values(q.from, q.period, []);
        Ok(queries.iter().map(gap).collect())
    }

    fn calls(&self) -> u64 {
        0
    }

    fn name(&self) -> String {
        "EMPTY".into()
    }
}

fn none(group: &str) -> Result<(), CloudError> {
    Err(CloudError::Replan(format!("there is no group {group}")))
}

#[async_trait]
impl Scaler for Empty {
    async fn set_desired(&mut self, _now: Time, group: &str, _desired: u32) -> Result<(), CloudError> {
        none(group)
    }

    async fn set_floor(&mut self, _now: Time, group: &str, _min: u32) -> Result<(), CloudError> {
        none(group)
    }

    async fn schedule_floor(
        &mut self,
        _now: Time,
        group: &str,
        _window: &FloorWindow,
    ) -> Result<(), CloudError> {
        none(group)
    }

    async fn unschedule_floor(&mut self, _now: Time, group: &str) -> Result<(), CloudError> {
        none(group)
    }
}
