//! The whole simulated account at one moment.

use super::{
    describe::describe, fingerprint::fingerprint, floor::Scheduled, group::Group, load::LoadCurve, metrics,
    record::Size, refresh::Refresh, spec::GroupSpec,
};
use crate::{
    cloud::{CloudError, MetricQuery},
    domain::{Time, actuator::FloorWindow, fault::Fault, group::GroupState, series::Series, text::clean},
};

/// A deterministic world of Auto Scaling groups: the same specs, start, seed and calls give the same answers.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) groups: Vec<Group>,
    pub(super) seed: u64,
    pub(super) now: Time,
    pub(super) fingerprint: String,
}

/// One tick (60 s) of a group, for scoring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tick {
    /// When it began.
    pub start: Time,
    /// Load per step of the trace, gaps bridged.
    pub load: f64,
    /// False in a gap of the trace: such ticks are served but not scored.
    pub counted: bool,
    /// Size of the group while it was served.
    pub size: Size,
}

impl World {
    /// The world at `start`. What the traces hold before `start` is served as a quiet history.
    pub fn new(specs: Vec<GroupSpec>, start: Time, seed: u64) -> World {
        let mut groups: Vec<Group> = specs.into_iter().map(|spec| Group::new(spec, start, seed)).collect();
        groups.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
        let fingerprint = fingerprint(&groups, start);
        World { groups, seed, now: start, fingerprint }
    }

    /// The moment to which the world has been advanced.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Serves every tick that ends at or before `to`. A moment in the past changes nothing.
    pub fn advance(&mut self, to: Time) {
        self.now = self.now.max(to);
        let now = self.now;
        self.groups.iter_mut().for_each(|group| group.advance(now));
    }

    /// Makes `fault` happen to `group` now; says in words what will be seen.
    ///
    /// # Errors
    /// In words, when there is no such group or a refresh is already under way.
    pub fn inject(&mut self, group: &str, fault: Fault) -> Result<String, String> {
        let now = self.now;
        let found = self.find(group).map_err(|e| e.to_string())?;
        if fault == Fault::InstanceRefresh {
            if found.life.refresh.is_some() {
                return Err(format!(
                    "an instance refresh of {group} is already in progress; let it end first"
                ));
            }
            found.life.refresh = Some(Refresh::begin(&mut found.life.roster));
            return Ok(format!("{group}: instance refresh started"));
        }
        if fault == Fault::ForeignChange {
            let (from, to) = found.foreign_change(now);
            return Ok(format!("{group}: desired capacity changed externally {from} → {to}"));
        }
        let until = found.life.faults.add(fault, now);
        Ok(format!("{group}: {} until {}", fault.name(), until.format("%H:%M UTC")))
    }

    /// Makes `fault` happen to `group` at a moment that is yet to come.
    ///
    /// # Errors
    /// [`CloudError::Stop`] for an unknown group.
    pub fn inject_at(&mut self, group: &str, fault: Fault, at: Time) -> Result<(), CloudError> {
        self.find(group)?.life.faults.add(fault, at);
        Ok(())
    }

    /// Every group at the world's moment, by name.
    ///
    /// # Errors
    /// [`CloudError::Retry`] while calls are throttled.
    pub fn groups(&self) -> Result<Vec<GroupState>, CloudError> {
        self.throttle()?;
        Ok(self.groups.iter().map(|group| describe(group, self.now)).collect())
    }

    /// One group at the world's moment.
    ///
    /// # Errors
    /// As [`World::groups`]; [`CloudError::Stop`] for an unknown group.
    pub fn look(&self, group: &str) -> Result<GroupState, CloudError> {
        self.throttle()?;
        Ok(describe(self.group(group)?, self.now))
    }

    /// One series an entry of `queries`, at the world's moment.
    ///
    /// # Errors
    /// [`CloudError::Retry`] while calls are throttled, [`CloudError::Stop`] for an unknown group or period.
    pub fn metrics(&self, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        self.throttle()?;
        queries.iter().map(|query| metrics::answer(self.group(&query.group)?, self.now, query)).collect()
    }

    /// Sets a desired capacity at the world's moment: it acts on the tick that starts now.
    ///
    /// # Errors
    /// [`CloudError::Replan`] outside the group's bounds, [`CloudError::Retry`] while calls are throttled,
    /// [`CloudError::Stop`] for an unknown group.
    pub fn set_desired(&mut self, group: &str, desired: u32) -> Result<(), CloudError> {
        self.throttle()?;
        let now = self.now;
        let found = self.find(group)?;
        let (min, max) = (found.min(), found.spec.max);
        let wrong = |word: &str, bound: u32| {
            CloudError::Replan(format!(
                "ValidationError: New SetDesiredCapacity value {desired} is {word} value {bound} for the \
                 AutoScalingGroup."
            ))
        };
        if desired > max {
            return Err(wrong("above max", max));
        }
        if desired < min {
            return Err(wrong("below min", min));
        }
        found.order(now, desired);
        Ok(())
    }

    /// Sets MinSize at the world's moment; a desired capacity below it rises to it.
    ///
    /// # Errors
    /// As [`World::set_desired`].
    pub fn set_floor(&mut self, group: &str, min: u32) -> Result<(), CloudError> {
        let now = self.now;
        self.floor_target(group, min)?.set_floor(now, min);
        Ok(())
    }

    /// Suspends the process Terminate of `group`, or resumes it.
    ///
    /// # Errors
    /// As [`World::set_desired`].
    pub fn suspend_terminate(&mut self, group: &str, on: bool) -> Result<(), CloudError> {
        self.throttle()?;
        self.find(group)?.life.no_terminate = on;
        Ok(())
    }

    /// Orders MinSize for a while by scheduled actions; they fire by themselves.
    ///
    /// # Errors
    /// As [`World::set_desired`]; [`CloudError::Replan`] also for a start that has passed.
    pub fn schedule_floor(&mut self, group: &str, window: &FloorWindow) -> Result<(), CloudError> {
        let now = self.now;
        let found = self.floor_target(group, window.min.max(window.own))?;
        if window.start.unwrap_or(window.end).min(window.end) <= now {
            return Err(CloudError::Replan("ValidationError: Given start time is in the past".into()));
        }
        found.life.floor.schedule(window);
        Ok(())
    }

    /// Takes the scheduled actions of ours away.
    ///
    /// # Errors
    /// [`CloudError::Retry`] while calls are throttled, [`CloudError::Stop`] for an unknown group.
    pub fn unschedule_floor(&mut self, group: &str) -> Result<(), CloudError> {
        self.throttle()?;
        self.find(group)?.life.floor.unschedule();
        Ok(())
    }

    /// Puts one scheduled action of MinSize in place of that with its name.
    ///
    /// # Errors
    /// As [`World::schedule_floor`].
    pub fn put_scheduled(&mut self, group: &str, name: &str, at: Time, min: u32) -> Result<(), CloudError> {
        let now = self.now;
        let found = self.floor_target(group, min)?;
        if at <= now {
            return Err(CloudError::Replan("ValidationError: Given start time is in the past".into()));
        }
        found.life.floor.put(name, at, min);
        Ok(())
    }

    /// Takes one scheduled action away.
    ///
    /// # Errors
    /// [`CloudError::Retry`] while calls are throttled, [`CloudError::Stop`] for an unknown group,
    /// [`CloudError::Replan`] where no action has that name.
    pub fn delete_scheduled(&mut self, group: &str, name: &str) -> Result<(), CloudError> {
        self.throttle()?;
        match self.find(group)?.life.floor.remove(name) {
            true => Ok(()),
            false => Err(CloudError::Replan("ValidationError: Scheduled action name not found".into())),
        }
    }

    /// What the groups were made as, by name.
    pub fn specs(&self) -> impl Iterator<Item = &GroupSpec> {
        self.groups.iter().map(|group| &group.spec)
    }

    /// What `group` was made as.
    pub fn spec(&self, group: &str) -> Option<&GroupSpec> {
        self.group(group).ok().map(|group| &group.spec)
    }

    /// Lets `group` publish its group metrics from now on, as EnableMetricsCollection does.
    ///
    /// # Errors
    /// [`CloudError::Retry`] while calls are throttled, [`CloudError::Stop`] for an unknown group.
    pub fn enable_group_metrics(&mut self, group: &str) -> Result<(), CloudError> {
        self.throttle()?;
        self.find(group)?.spec.group_metrics = true;
        Ok(())
    }

    /// The scheduled actions of `group` that have not fired, by their start.
    pub fn scheduled(&self, group: &str) -> Vec<Scheduled> {
        self.group(group).map(|g| g.life.floor.scheduled().to_vec()).unwrap_or_default()
    }

    /// The group whose MinSize may become `min`.
    fn floor_target(&mut self, group: &str, min: u32) -> Result<&mut Group, CloudError> {
        self.throttle()?;
        let found = self.find(group)?;
        let max = found.spec.max;
        if min > max {
            return Err(CloudError::Replan(format!(
                "ValidationError: Max bound, {max}, must be greater than or equal to min bound, {min}"
            )));
        }
        Ok(found)
    }

    /// Puts `group` at `size` instances that have served for long: how a backtest begins.
    pub fn begin_with(&mut self, group: &str, size: u32) {
        let now = self.now;
        if let Some(found) = self.groups.iter_mut().find(|g| g.spec.name == group) {
            found.place(now, found.clamp(size));
        }
    }

    /// Sets the desired capacity of `group` as a hand in the world would, past throttling and all writers: for the oracle of
    /// a backtest.
    pub fn order(&mut self, group: &str, desired: u32) {
        let now = self.now;
        if let Some(found) = self.groups.iter_mut().find(|g| g.spec.name == group) {
            found.set_desired(now, found.clamp(desired));
        }
    }

    /// The ticks of `group` that started within `[from, until)` and have been served, for scoring.
    pub fn ticks(&self, group: &str, from: Time, until: Time) -> Vec<Tick> {
        let Ok(group) = self.group(group) else { return Vec::new() };
        let last = group.load.first_tick_at(until).min(group.life.next);
        (group.load.first_tick_at(from).max(0)..last)
            .filter_map(|tick| {
                Some(Tick {
                    start: group.load.time_of(tick),
                    load: group.rate(tick)?,
                    counted: group.load.counted(tick),
                    size: group.record.at(tick)?,
                })
            })
            .collect()
    }

    /// The load of `group` on the grid of ticks, future included: for scoring only.
    pub fn load(&self, group: &str) -> Option<&LoadCurve> {
        self.group(group).ok().map(|group| &group.load)
    }

    fn throttle(&self) -> Result<(), CloudError> {
        let throttled = |group: &Group| group.life.faults.active(Fault::Throttling, self.now);
        if self.groups.iter().any(throttled) {
            return Err(CloudError::Retry("Throttling: Rate exceeded".into()));
        }
        Ok(())
    }

    fn group(&self, name: &str) -> Result<&Group, CloudError> {
        self.groups.iter().find(|g| g.spec.name == name).ok_or_else(|| unknown(name))
    }

    fn find(&mut self, name: &str) -> Result<&mut Group, CloudError> {
        self.groups.iter_mut().find(|g| g.spec.name == name).ok_or_else(|| unknown(name))
    }
}

fn unknown(name: &str) -> CloudError {
    CloudError::Stop(format!("ValidationError: Group {} not found", clean(name, 80)))
}
