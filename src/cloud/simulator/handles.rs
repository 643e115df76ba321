//! The two traits of the cloud, spoken by one shared world.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::world::World;
use crate::{
    cloud::{CallWording, CloudError, MetricQuery, MetricSource, ResizeWording, Scaler, aws::prose},
    domain::{Answer, Time, actuator::FloorWindow, fault::Fault, group::GroupState, series::Series},
};

/// A world that a source, a scaler and the console's fault menu share.
#[derive(Debug, Clone)]
pub struct Simulator(Arc<Mutex<World>>);

impl Simulator {
    /// Shares `world`.
    pub fn new(world: World) -> Simulator {
        Simulator(Arc::new(Mutex::new(world)))
    }

    /// Reads the world.
    pub fn source(&self) -> SimulatedSource {
        SimulatedSource(self.clone(), 0)
    }

    /// Changes the world.
    pub fn scaler(&self) -> SimulatedScaler {
        SimulatedScaler(self.clone())
    }

    /// Makes `fault` happen to `group` at `now`.
    ///
    /// # Errors
    /// As [`World::inject`].
    pub fn inject(&self, now: Time, group: &str, fault: Fault) -> Answer {
        self.with(|world| {
            world.advance(now);
            world.inject(group, fault)
        })
    }

    /// The world's state as JSON, without the traces.
    ///
    /// # Errors
    /// As [`World::snapshot`].
    pub fn snapshot(&self) -> Result<String, String> {
        self.with(|world| world.snapshot())
    }

    /// Goes on from [`Simulator::snapshot`].
    ///
    /// # Errors
    /// As [`World::restore`].
    pub fn restore(&self, text: &str) -> Result<(), String> {
        self.with(|world| world.restore(text))
    }

    /// Looks at, or changes, the world itself.
    pub fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        // A panic while the lock was held cannot leave a tick half done that the next one would not mend.
        let mut world: MutexGuard<'_, World> = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut world)
    }
}

/// Reads a simulated world; every call first advances it to `now`.
#[derive(Debug, Clone)]
pub struct SimulatedSource(Simulator, u64);

#[async_trait]
impl MetricSource for SimulatedSource {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        self.1 += 1;
        self.0.with(|world| {
            world.advance(now);
            world.groups()
        })
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        self.1 += 1;
        self.0.with(|world| {
            world.advance(now);
            world.metrics(queries)
        })
    }

    fn calls(&self) -> u64 {
        self.1
    }

    fn wording(&self) -> CallWording {
        Arc::new(prose::calls)
    }

    fn resizing(&self) -> ResizeWording {
        prose::resizing(String::new())
    }

    fn name(&self) -> String {
        "SIMULATED".into()
    }
}

/// Changes a simulated world; every call first advances it to `now`.
#[derive(Debug, Clone)]
pub struct SimulatedScaler(Simulator);

#[async_trait]
impl Scaler for SimulatedScaler {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        self.0.with(|world| {
            world.advance(now);
            world.set_desired(group, desired)
        })
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        self.0.with(|world| {
            world.advance(now);
            world.set_floor(group, min)
        })
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        self.0.with(|world| {
            world.advance(now);
            world.schedule_floor(group, window)
        })
    }

    async fn suspend_terminate(&mut self, now: Time, group: &str, on: bool) -> Result<(), CloudError> {
        self.0.with(|world| {
            world.advance(now);
            world.suspend_terminate(group, on)
        })
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        self.0.with(|world| {
            world.advance(now);
            world.unschedule_floor(group)
        })
    }
}
