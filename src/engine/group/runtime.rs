//! What the engine holds of one group.

use std::borrow::Cow;

use super::{
    forecasters::Forecasters,
    memory::{ExcludedTime, Memory},
};
use crate::{
    domain::{
        Time,
        activity::ActivityStatus,
        actuator::{Actuator, HeldFloor},
        decision::{Decision, Mode},
        floor_to,
        forecast::Forecast,
        group::GroupState,
        metric::Metric,
        plan::Plan,
        preflight::{Preflight, with_present_names},
        scorecard::Score,
        series::Series,
        shift,
        suspension::Suspension,
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
    /// Terminate as suspended here.
    pub suspension: Option<Suspension>,
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
        self.memory = Memory {
            held: left.held,
            suspension: left.suspension,
            excluded: left.excluded,
            learned_from,
            ..left.memory
        };
        self.memory.last_message = self.memory.last_message.take().map(|text| with_present_names(&text));
        // One that was learned in another step says nothing of this one.
        let step = self.options.step;
        let learned =
            self.memory.capacity.take().filter(|_| self.memory.step.is_none_or(|then| then == step));
        self.memory.capacity = given.or(learned);
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
        let activities = self.state.iter().flat_map(|s| s.activities.items());
        let launches = activities.filter(|a| a.kind.is_launch() && !a.status.is_open());
        launches.take_while(|a| a.status == ActivityStatus::Failed).count() as u32
    }

    /// Its actuator: as configured, else chosen by the group's policies; while these are unknown, by those known last.
    pub fn actuator(&self) -> Actuator {
        let held = self.memory.held.map(|_| Actuator::Floor);
        self.options.actuator.or(self.memory.fitting).or(held).unwrap_or(Actuator::Desired)
    }

    /// False while it is unknown whether a policy of AWS sizes the group.
    pub(super) fn policies_known(&self) -> bool {
        self.state.as_ref().is_none_or(|state| state.policies.known().is_some())
    }

    /// The actuator that brings the group to `to`. While its policies are unknown, what is needed comes by MinSize, which
    /// is right with and without one, unless the operator chose otherwise.
    pub(super) fn actuator_to(&self, to: u32) -> Actuator {
        let adds = self.state.as_ref().is_some_and(|state| to > state.desired);
        match self.actuator() {
            Actuator::Desired if adds && self.options.actuator.is_none() && !self.policies_known() => {
                Actuator::Floor
            }
            actuator => actuator,
        }
    }

    /// The group's original MinSize: that of the floor held, or of a change that seemed to have failed and shows after all.
    pub(super) fn own_min(&self) -> Option<u32> {
        let state = self.state.as_ref()?;
        let late = self.memory.in_doubt.filter(|doubt| doubt.min == state.min).map(|doubt| doubt.own);
        Some(self.memory.held.map(|held| held.own).or(late).unwrap_or(state.min))
    }

    /// The group with its original MinSize in place of a floor set by prescale.
    pub fn own_state(&self) -> Option<Cow<'_, GroupState>> {
        let (state, own) = (self.state.as_ref()?, self.own_min()?);
        Some(match own == state.min {
            true => Cow::Borrowed(state),
            false => Cow::Owned(GroupState { min: own.min(state.max), ..state.clone() }),
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
