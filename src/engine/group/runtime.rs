//! What the engine holds of one group.

use std::borrow::Cow;

use super::{
    forecasters::Forecasters,
    memory::{ExcludedTime, Memory},
};
use crate::{
    domain::{
        Seconds, Time,
        activity::ActivityStatus,
        actuator::{Actuator, HeldFloor},
        decision::{Decision, Mode},
        floor_to,
        forecast::Forecast,
        group::GroupState,
        metric::Metric,
        plan::Plan,
        preflight::Preflight,
        scorecard::Score,
        series::Series,
        shift,
    },
    engine::options::{DemandMeasure, GroupOptions},
    plan::lead::{self, LeadTime},
};

/// One group's live state. The engine's task is its only owner.
pub struct GroupRuntime {
    /// Name of the group.
    pub name: String,
    /// Its share of the configuration.
    pub options: GroupOptions,
    /// Its current mode.
    pub mode: Mode,
    /// Its newest observed state.
    pub state: Option<GroupState>,
    /// Demand, load per step, as collected (late points may still arrive).
    pub demand: Series,
    /// The newest days of each metric, a value a minute.
    pub minutes: Vec<(Metric, Series)>,
    /// Its forecasters.
    pub forecasters: Forecasters,
    /// Its newest forecast.
    pub forecast: Option<Forecast>,
    /// Steps learned since the last forecast.
    pub fresh_steps: usize,
    /// Samples older than this are on disk, except late points.
    pub saved: Option<Time>,
    /// The newest plan and its checklist.
    pub plan: Option<(Plan, Preflight)>,
    /// Lead time in seconds, cold and (once observed) from the warm pool, with the number of launches measured.
    pub lead: LeadTime,
    /// The same for launches from the warm pool, once observed.
    pub warm: Option<LeadTime>,
    /// The open proposal and the snoozed one.
    pub proposals: Proposals,
    /// State that survives a restart.
    pub memory: Memory,
}

/// Proposals without a final answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proposals {
    /// The open one.
    pub open: Option<Decision>,
    /// The snoozed one.
    pub snoozed: Option<Decision>,
}

/// Persisted state of a group from an earlier run.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// Its mode.
    pub mode: Option<Mode>,
    /// Proposals.
    pub proposals: Proposals,
    /// The floor held.
    pub held: Option<HeldFloor>,
    /// Why the model was unhealthy.
    pub sick: Option<String>,
    /// Periods excluded from training.
    pub excluded: Vec<ExcludedTime>,
    /// Days of the scorecard, oldest first.
    pub scores: Vec<(Time, Score)>,
    /// Everything else.
    pub memory: Memory,
}

/// The metrics collected for a group whose demand is counted so.
fn collected(demand: &DemandMeasure) -> impl Iterator<Item = Metric> {
    let own = matches!(demand, DemandMeasure::Metric(_)).then_some(Metric::Custom);
    Metric::ALL.into_iter().chain(own)
}

impl GroupRuntime {
    /// A group first seen at `now`; `forecasters` start at the first step of demand that is fetched.
    pub fn new(name: &str, options: GroupOptions, forecasters: Forecasters, now: Time) -> Self {
        let minute = |m| (m, Series::new(floor_to(shift(now, -86_400), 60), 60));
        let memory = Memory {
            learned_from: Some(forecasters.start()),
            capacity: options.capacity.map(|c| (c, "given".to_owned())),
            ..Memory::default()
        };
        GroupRuntime {
            name: name.to_owned(),
            mode: options.mode,
            demand: Series::new(forecasters.known_until(), options.step),
            minutes: collected(&options.demand).map(minute).collect(),
            forecasters,
            lead: (options.lead.unwrap_or(lead::UNKNOWN), 0),
            warm: None,
            options,
            state: None,
            forecast: None,
            fresh_steps: 0,
            saved: None,
            plan: None,
            proposals: Proposals::default(),
            memory,
        }
    }

    /// Restores the state of an earlier run, except the history, which is loaded separately.
    pub fn restore(&mut self, left: Restored, now: Time) {
        let given = self.options.capacity.and(self.memory.capacity.clone());
        let learned_from = self.memory.learned_from;
        self.mode = left.mode.unwrap_or(self.mode);
        self.proposals = left.proposals;
        self.memory = Memory { held: left.held, excluded: left.excluded, learned_from, ..left.memory };
        self.memory.capacity = given.or(self.memory.capacity.take());
        if let Some((lead, warm)) = self.memory.lead.filter(|_| self.options.lead.is_none()) {
            (self.lead, self.warm) = (lead, warm);
        }
        self.memory.signals.sick = left.sick;
        self.memory.scorecard.restore(&left.scores, now);
    }

    /// The minute series of `metric`.
    pub fn minute(&self, metric: Metric) -> Option<&Series> {
        self.minutes.iter().find(|(m, _)| *m == metric).map(|(_, s)| s)
    }

    /// Load per step at minute `time`, in the group's unit of demand.
    pub(in crate::engine) fn load_at(&self, time: Time) -> Option<f64> {
        let demand = &self.options.demand;
        let value = self.minute(demand.metric())?.at(time)?;
        match demand {
            DemandMeasure::Cpu => Some(value / 100.0 * self.minute(Metric::InService)?.at(time)?),
            DemandMeasure::Requests | DemandMeasure::Metric(_) => {
                Some(value * demand.minutes(self.options.step))
            }
        }
    }

    /// The highest load of the last two minutes that are known, if they are fresh; one minute far above all that was seen waits
    /// for the next.
    pub fn load_now(&self, now: Time) -> Option<f64> {
        let newest = self.newest_minute()?;
        if (now - newest).num_seconds() > 300 {
            return None;
        }
        let before = self.load_at(shift(newest, -60));
        self.load_at(newest).map(|load| self.believed_load(load, before)).or(before)
    }

    /// Start of the newest minute whose load is known.
    pub fn newest_minute(&self) -> Option<Time> {
        self.minute(self.options.demand.metric())?.last_known().map(|(time, _)| time)
    }

    /// Seconds since the newest load reading ended.
    pub fn data_age(&self, now: Time) -> Option<Seconds> {
        let minute = self.newest_minute().map(|t| shift(t, 60));
        let step = self.demand.last_known().map(|(t, _)| shift(t, self.options.step));
        minute.max(step).map(|t| (now - t).num_seconds().max(0))
    }

    /// The highest recommendation within the hold.
    pub fn recent_most(&self, now: Time) -> Option<u32> {
        let since = shift(now, -self.options.settings.policy.hold(&self.options.settings));
        self.memory.wants.iter().filter(|(at, _)| *at >= since).map(|(_, want)| *want).max()
    }

    /// Changes during the last hour.
    pub fn actions_last_hour(&self, now: Time) -> u32 {
        self.memory.actions.iter().filter(|(at, _)| *at > shift(now, -3_600)).count() as u32
    }

    /// Changes of direction during the last hour.
    pub fn reversals(&self, now: Time) -> u32 {
        let recent: Vec<bool> = self
            .memory
            .actions
            .iter()
            .filter(|(at, _)| *at > shift(now, -3_600))
            .map(|(_, added)| *added)
            .collect();
        recent.windows(2).filter(|pair| pair[0] != pair[1]).count() as u32
    }

    /// The value that an operator rejected, if the group is still where it was then.
    pub fn rejected_to(&self) -> Option<u32> {
        let (from, to) = self.memory.rejected?;
        (self.steered_from() == Some(from)).then_some(to)
    }

    /// When `prescale` last added (`true`) or removed (`false`).
    pub fn last_action(&self, added: bool) -> Option<Time> {
        self.memory.actions.iter().rev().find(|(_, a)| *a == added).map(|(at, _)| *at)
    }

    /// Launches that failed in a row, newest first.
    pub fn failed_launches(&self) -> u32 {
        let activities = self.state.iter().flat_map(|s| &s.activities);
        let launches = activities.filter(|a| a.kind.is_launch() && !a.status.is_open());
        launches.take_while(|a| a.status == ActivityStatus::Failed).count() as u32
    }

    /// Its actuator: as configured, else chosen by the group's policies.
    pub fn actuator(&self) -> Actuator {
        let fitting = || self.state.as_ref().map_or(Actuator::Desired, Actuator::fitting);
        self.options.actuator.unwrap_or_else(fitting)
    }

    /// The group with its original MinSize in place of a floor set by prescale.
    pub fn own_state(&self) -> Option<Cow<'_, GroupState>> {
        let state = self.state.as_ref()?;
        Some(match &self.memory.held {
            Some(held) => Cow::Owned(GroupState { min: held.own.min(state.max), ..state.clone() }),
            None => Cow::Borrowed(state),
        })
    }

    /// The current value of what is steered: the desired capacity, or the floor in effect.
    pub fn steered_from(&self) -> Option<u32> {
        let state = self.state.as_ref()?;
        Some(match self.actuator() {
            Actuator::Desired => state.desired,
            _ => self.memory.held.filter(|h| !h.ending).map_or(state.min, |h| h.held),
        })
    }

    /// The group as preflight must see a change to `want`. A floor below the desired capacity changes no
    /// instances: only a floor above it adds, and only a lowered floor may remove.
    pub fn steered(&self, want: u32) -> Option<Cow<'_, GroupState>> {
        let own = self.own_state()?;
        if self.actuator() == Actuator::Desired {
            return Some(own);
        }
        let floor = self.steered_from()?;
        let desired = if want < floor { floor } else { want.min(own.desired) };
        Some(Cow::Owned(GroupState { desired, ..own.into_owned() }))
    }
}
