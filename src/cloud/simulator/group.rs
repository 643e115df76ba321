//! One group, tick by tick.
//!
//! Inside tick `i`: pending instances that are due serve; scheduled actions that are due fire; then decisions
//! made at its start apply (launches
//! serve after the boot time; scale-in cancels the newest pending first and then ends serving instances at
//! once); then the load of tick `i` is served.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{
    TICK,
    chance::{Chance, Stream},
    fault::Faults,
    floor::Floor,
    load::LoadCurve,
    record::{Record, Size},
    refresh::Refresh,
    roster::Roster,
    spec::GroupSpec,
    tracking::{Tracking, TrackingInput},
};
use crate::domain::{Time, fault::Fault, process::ScalingProcess};

/// Target, in percent, by which the quiet history before the start is sized where the group has no policy.
const REFERENCE_TARGET: f64 = 60.0;
/// Share of launches that fail by themselves where there is noise.
const FAILING: f64 = 0.01;
/// Ticks after which a failed launch is tried again.
const RETRY: i64 = 2;
/// Instances that the scheduled action of somebody else adds.
pub(super) const SCHEDULED: u32 = 2;
const QUOTA: &str = "You have requested more vCPU capacity than your current vCPU limit of 64 allows for the \
    instance bucket that the specified instance type belongs to. Please visit \
    http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.  \
    Launching EC2 instance failed.";
const NO_CAPACITY: &str = "We currently do not have sufficient m6i.large capacity in the Availability Zone you \
    requested (us-east-1a). Our system will be working on provisioning additional capacity.  \
    Launching EC2 instance failed.";
const ALL_PROTECTED: &str = "Could not scale to desired capacity because all remaining instances are protected \
    from scale-in.";

/// Everything about a group that changes; together with its spec it is the whole group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatedState {
    /// Instances wanted: DesiredCapacity, unless they have weights.
    pub desired: u32,
    /// Units of capacity by which DesiredCapacity falls short of whole instances.
    #[serde(default)]
    spare: u32,
    /// MinSize and the scheduled actions that move it.
    #[serde(default)]
    pub floor: Floor,
    /// Instances and activities.
    pub roster: Roster,
    /// Faults, past and present.
    pub faults: Faults,
    /// The refresh under way.
    pub refresh: Option<Refresh>,
    tracking: Tracking,
    /// Terminate is suspended.
    #[serde(default)]
    pub no_terminate: bool,
    /// The tick that is served next.
    pub next: i64,
    /// The tick `next` has begun: what was due serves, the policy has had its say.
    begun: bool,
    retry_at: i64,
    blocked: bool,
}

/// A group in the world.
#[derive(Debug, Clone)]
pub struct Group {
    pub(super) spec: GroupSpec,
    pub(super) load: LoadCurve,
    pub(super) chance: Chance,
    pub(super) life: SimulatedState,
    pub(super) record: Record,
    /// First tick after the quiet history.
    pub(super) first: i64,
}

impl Group {
    /// The group at `start`, with a history from the beginning of its trace in which a reactive rule sized it.
    pub fn new(spec: GroupSpec, start: Time, seed: u64) -> Group {
        let load = LoadCurve::new(&spec.trace, spec.interpolation, spec.wraps);
        let chance = Chance::new(seed, &spec.name);
        let first = load.first_tick_at(start).max(0);
        let mut group =
            Group { load, chance, life: SimulatedState::default(), record: Record::default(), first, spec };
        let target = group.reference_target() / 100.0;
        let rate = group.load.rate(0).unwrap_or(0.0);
        let size = group.clamp((rate / (group.spec.capacity * target)).ceil() as u32);
        group.place(group.load.start(), size);
        while group.life.next < first {
            group.tick();
        }
        if let Some(size) = group.spec.initial_desired {
            let size = group.clamp(size);
            group.life.tracking = Tracking::default();
            group.place(group.load.time_of(first), size);
        }
        group
    }

    /// Serves every tick that ends at or before `now`, and begins the one that contains it.
    pub fn advance(&mut self, now: Time) {
        let current = (now.timestamp() - self.load.start().timestamp()).div_euclid(TICK);
        while self.life.next < current {
            self.tick();
        }
        if self.life.next == current {
            self.begin();
        }
    }

    /// Sets the desired capacity at `now`, to which the group has been advanced, and acts on it.
    pub fn set_desired(&mut self, now: Time, desired: u32) {
        (self.life.desired, self.life.spare) = (desired, 0);
        self.life.blocked = false;
        self.reconcile(now);
    }

    /// Sets a desired capacity in units: as many whole instances as it takes.
    pub fn order(&mut self, now: Time, units: u32) {
        let whole = units.div_ceil(self.spec.weight);
        self.set_desired(now, whole);
        self.life.spare = whole * self.spec.weight - units;
    }

    /// DesiredCapacity, in units of capacity.
    pub fn units(&self) -> u32 {
        (self.life.desired * self.spec.weight).saturating_sub(self.life.spare)
    }

    /// True when `process` is suspended at `now`.
    pub fn suspended(&self, process: &ScalingProcess, now: Time) -> bool {
        let fault = match process {
            ScalingProcess::Launch => Fault::SuspendLaunch,
            ScalingProcess::Terminate => Fault::SuspendTerminate,
            ScalingProcess::AlarmNotification | ScalingProcess::HealthCheck => Fault::SuspendAlarms,
            ScalingProcess::AddToLoadBalancer => Fault::SuspendLoadBalancer,
            _ => return false,
        };
        let by_call = *process == ScalingProcess::Terminate && self.life.no_terminate;
        by_call || self.life.faults.active(fault, now)
    }

    /// Somebody else changes the desired capacity: up by two, or down where there is no room.
    pub fn foreign_change(&mut self, now: Time) -> (u32, u32) {
        let (before, size) = (self.units(), self.life.desired);
        let room = size + 2 <= self.spec.max / self.spec.weight;
        self.set_desired(now, self.clamp(if room { size + 2 } else { size.saturating_sub(2) }));
        (before, self.units())
    }

    /// Whether launches, and terminations, are held at `now`.
    fn held(&self, now: Time) -> (bool, bool) {
        let active = |fault| self.life.faults.active(fault, now);
        let hooks = active(Fault::LifecycleHook);
        (hooks || active(Fault::LaunchStuck), hooks)
    }

    /// Load during tick `index`, per step of the trace, gaps bridged, surges included.
    pub fn rate(&self, index: i64) -> Option<f64> {
        Some(self.load.rate(index)? * self.life.faults.surge(self.load.time_of(index)))
    }

    /// CPU in percent that `in_service` instances show under `rate` at `time`; `None` without an instance.
    pub fn cpu(&self, time: Time, rate: f64, in_service: u32) -> Option<f64> {
        let full = f64::from(in_service) * self.spec.capacity / self.life.faults.burden(time);
        (full > 0.0).then(|| (100.0 * rate / full).min(100.0))
    }

    /// MinSize in force, in units of capacity.
    pub fn min(&self) -> u32 {
        self.life.floor.min.unwrap_or(self.spec.min)
    }

    /// Sets MinSize at `now`; a desired capacity below it rises to it.
    pub fn set_floor(&mut self, now: Time, min: u32) {
        self.life.floor.min = Some(min);
        if self.units() < min {
            self.order(now, min);
        }
    }

    /// A number of instances within the bounds.
    pub(super) fn clamp(&self, size: u32) -> u32 {
        let weight = self.spec.weight;
        size.min(self.spec.max / weight).max(self.min().div_ceil(weight))
    }

    /// Sets the group to `size` instances that have served for long.
    pub(super) fn place(&mut self, now: Time, size: u32) {
        (self.life.desired, self.life.spare) = (size, 0);
        self.life.roster.reset(now, self.chance, size, self.spec.scale_in_protected);
    }

    fn in_history(&self) -> bool {
        self.life.next < self.first
    }

    fn reference_target(&self) -> f64 {
        self.spec.target_tracking.unwrap_or(REFERENCE_TARGET)
    }

    fn tick(&mut self) {
        self.begin();
        let tick = self.life.next;
        let in_service = self.life.roster.serving();
        let billed = in_service + self.life.roster.booting();
        self.record.push(tick, Size { in_service, billed, desired: self.life.desired });
        self.life.next = tick + 1;
        self.life.begun = false;
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.life.begun, true) {
            return;
        }
        let tick = self.life.next;
        let now = self.load.time_of(tick);
        let held = self.held(now);
        self.life.roster.settle(tick, now, self.spec.checks / TICK, held);
        if self.life.faults.ended(Fault::ForeignSchedule, now, TICK) {
            let desired = self.clamp(self.life.desired + SCHEDULED);
            self.set_desired(now, desired);
        }
        if self.life.faults.ended(Fault::ForeignChange, now, TICK) {
            self.foreign_change(now);
        }
        if let Some(min) = self.life.floor.due(now) {
            self.set_floor(now, min);
        }
        self.track(tick);
        if self.life.refresh.is_none() && self.life.faults.ended(Fault::InstanceRefresh, now, TICK) {
            self.life.refresh = Some(Refresh::begin(&mut self.life.roster));
        }
        if let Some(refresh) = self.life.refresh.take() {
            let held = self.suspended(&ScalingProcess::Terminate, now)
                || self.life.faults.active(Fault::ProtectInstances, now);
            self.life.refresh =
                refresh.step(&mut self.life.roster, self.life.desired, held, (tick, now, self.chance));
        }
        self.reconcile(now);
    }

    /// Lets the group's own policy decide; in the quiet history every group has one.
    fn track(&mut self, tick: i64) {
        let target =
            if self.in_history() { Some(self.reference_target()) } else { self.spec.target_tracking };
        let (Some(target), Some(cpu)) = (target, self.cpu_before(tick)) else { return };
        if self.suspended(&ScalingProcess::AlarmNotification, self.load.time_of(tick)) {
            return;
        }
        let wanted = self.life.tracking.decide(TrackingInput {
            tick,
            cpu,
            target: target / 100.0,
            in_service: self.life.roster.serving(),
            pending: self.life.roster.booting(),
            desired: self.life.desired,
            warm: (self.spec.warmup + self.spec.boot.1) / TICK,
        });
        if let Some(wanted) = wanted {
            (self.life.desired, self.life.spare) = (self.clamp(wanted), 0);
            self.life.blocked = false;
        }
    }

    /// CPU of the tick before `tick` as a share, at most 1; `None` where sizes began anew at `tick`.
    fn cpu_before(&self, tick: i64) -> Option<f64> {
        if tick == self.first && self.spec.initial_desired.is_some() {
            return None;
        }
        let (rate, size) = (self.rate(tick - 1)?, self.record.at(tick - 1)?);
        Some(self.cpu(self.load.time_of(tick - 1), rate, size.in_service).unwrap_or(100.0) / 100.0)
    }

    /// Launches or ends instances until the group has its desired size, as far as it may at `now`.
    fn reconcile(&mut self, now: Time) {
        let tick = self.load.first_tick_at(now);
        let replacement = u32::from(self.life.faults.active(Fault::Rebalance, now));
        let wanted = self.life.desired + self.life.refresh.as_ref().map_or(0, Refresh::extra) + replacement;
        let total = self.life.roster.serving() + self.life.roster.booting();
        if total < wanted && tick >= self.life.retry_at && !self.suspended(&ScalingProcess::Launch, now) {
            self.launch(wanted - total, tick, now);
        } else if total > wanted && !self.suspended(&ScalingProcess::Terminate, now) {
            self.end(total - wanted, tick, now);
        }
        let held = self.held(now);
        self.life.roster.settle(self.life.next, now, self.spec.checks / TICK, held);
    }

    fn launch(&mut self, count: u32, tick: i64, now: Time) {
        if self.life.faults.active(Fault::LaunchFailure, now) {
            self.life.roster.fail_launch(now, QUOTA, self.chance);
            self.life.retry_at = tick + RETRY;
            return;
        }
        for _ in 0..count {
            let number = self.life.roster.launches();
            let fails =
                self.spec.noise && !self.in_history() && self.chance.share(Stream::Failure, number) < FAILING;
            if fails {
                self.life.roster.fail_launch(now, NO_CAPACITY, self.chance);
                self.life.retry_at = tick + RETRY;
                continue;
            }
            let protected =
                self.life.roster.serving() + self.life.roster.booting() < self.spec.scale_in_protected;
            let ready = tick + self.boot_ticks(number);
            self.life.roster.launch(now, ready, self.chance, protected);
        }
    }

    /// Boot time of launch `number` in ticks, halves to even.
    fn boot_ticks(&self, number: u64) -> i64 {
        let (low, high) = self.spec.boot;
        let low = low.max(0);
        let seconds = self.chance.draw(Stream::Boot, number).random_range(low..=high.max(low));
        (seconds as f64 / TICK as f64).round_ties_even() as i64
    }

    fn end(&mut self, count: u32, tick: i64, now: Time) {
        let held = self.life.faults.active(Fault::ProtectInstances, now);
        for _ in 0..count {
            let roster = &mut self.life.roster;
            if roster.cancel_newest(tick, now, self.chance)
                || (!held && roster.terminate(tick, now, self.chance, false))
            {
                continue;
            }
            if !std::mem::replace(&mut self.life.blocked, true) {
                self.life.roster.fail_terminate(now, ALL_PROTECTED, self.chance);
            }
            return;
        }
        self.life.blocked = false;
    }
}
