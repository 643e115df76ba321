//! What the engine holds of one group.

use std::collections::VecDeque;

use super::{
    forecasters::Forecasters,
    registration_delay::RegistrationDelay,
    scorecard::Scorecard,
    training_data::{Left, is_excluded},
};
use crate::{
    domain::{
        Seconds, Time,
        activity::ActivityStatus,
        actuator::HeldFloor,
        decision::{Decision, Mode},
        event::Event,
        forecast::Forecast,
        group::GroupState,
        metric::Metric,
        plan::Plan,
        preflight::Preflight,
        series::Series,
        shift,
    },
    engine::{
        observe::anomalies::GroupSignals,
        options::{DemandMeasure, GroupOptions},
    },
    plan::{
        lead::{self, LeadTime},
        learn,
    },
};

/// Minutes of fine metrics kept in memory; in a large fleet no more than what is learned from.
pub(in crate::engine) const MINUTES_KEPT: usize = 3 * 1_440;
const MINUTES_OF_MANY: usize = 1_440 + 60;
/// Seconds of demand kept in memory, and in a large fleet; what is older is on disk.
const DEMAND_KEPT: Seconds = 35 * 86_400;
const DEMAND_OF_MANY: Seconds = 14 * 86_400;

/// What an act set, and a later look must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// MinSize was set; else the desired capacity.
    pub floor: bool,
    /// The value set.
    pub value: u32,
    /// When.
    pub since: Time,
}

/// One group's live state. The engine's task is its only owner.
pub struct GroupRuntime {
    /// Name of the group.
    pub name: String,
    /// Its share of the configuration.
    pub options: GroupOptions,
    /// How far `prescale` may go now.
    pub mode: Mode,
    /// The newest look at it.
    pub state: Option<GroupState>,
    /// Demand, load per step, as collected (late points may still come).
    pub demand: Series,
    /// The newest days of each metric, a value a minute.
    pub minutes: Vec<(Metric, Series)>,
    /// Its forecasters.
    pub forecasters: Forecasters,
    /// Its newest forecast.
    pub forecast: Option<Forecast>,
    /// Forecasts of the last day that were made while walking through back-filled history, not yet on disk.
    pub backcasts: Vec<Forecast>,
    /// Steps learned since the last forecast.
    pub fresh_steps: usize,
    /// What is older than this is on disk, but for late points.
    pub saved: Option<Time>,
    /// When the last cycle was.
    pub cycled: Option<Time>,
    /// The newest plan and its checklist.
    pub plan: Option<(Plan, Preflight)>,
    /// Load per step of one instance, and how it was learned.
    pub capacity: Option<(f64, String)>,
    /// Seconds from order to service, and launches it was learned from.
    pub lead: LeadTime,
    /// The same of launches out of the warm pool, once one was seen.
    pub warm: Option<LeadTime>,
    /// What load balancers add to both.
    registration_delay: RegistrationDelay,
    /// What was wanted lately, for the rolling maximum.
    pub wants: VecDeque<(Time, u32)>,
    /// Changes by `prescale`: when, and whether it added.
    pub actions: VecDeque<(Time, bool)>,
    /// The open proposal.
    pub proposal: Option<Decision>,
    /// The proposal that an operator put off.
    pub snoozed: Option<Decision>,
    /// The change that an operator rejected or undid last; it is not made again before the numbers move.
    pub rejected: Option<(u32, u32)>,
    /// The floor that is ours, if one is.
    pub held: Option<HeldFloor>,
    /// What the last act set, until a later look has shown it.
    pub awaited: Option<Awaited>,
    /// Acts that failed in a row, and the moment before which `auto` does not try again.
    pub pause: Option<(u32, Time)>,
    /// A floor that could not be put back is tried again from this moment on.
    pub floor_again: Option<Time>,
    /// What was last said in words, so that the journal has news only.
    pub last_message: Option<String>,
    /// Incidents that were found: the models do not learn from them.
    pub excluded: Vec<Left>,
    /// What is noticed beside the load.
    pub signals: GroupSignals,
    /// The score against a reactive twin.
    pub scorecard: Scorecard,
}

/// The metrics collected for a group whose demand is counted so.
fn collected(demand: &DemandMeasure) -> impl Iterator<Item = Metric> {
    let own = matches!(demand, DemandMeasure::Metric(_)).then_some(Metric::Custom);
    Metric::ALL.into_iter().chain(own)
}

impl GroupRuntime {
    /// A group first seen at `now`; `mind` begins with the first step of demand worth asking for.
    pub fn new(name: &str, options: GroupOptions, forecasters: Forecasters, now: Time) -> Self {
        let minute = |m| (m, Series::new(crate::domain::floor_to(shift(now, -86_400), 60), 60));
        GroupRuntime {
            name: name.to_owned(),
            mode: options.mode,
            demand: Series::new(forecasters.known_until(), options.step),
            minutes: collected(&options.demand).map(minute).collect(),
            forecasters,
            capacity: options.capacity.map(|c| (c, "given".to_owned())),
            lead: (options.lead.unwrap_or(lead::UNKNOWN), 0),
            warm: None,
            registration_delay: RegistrationDelay::default(),
            options,
            state: None,
            forecast: None,
            backcasts: Vec::new(),
            fresh_steps: 0,
            saved: None,
            cycled: None,
            plan: None,
            wants: VecDeque::new(),
            actions: VecDeque::new(),
            proposal: None,
            snoozed: None,
            rejected: None,
            held: None,
            awaited: None,
            pause: None,
            floor_again: None,
            last_message: None,
            excluded: Vec::new(),
            signals: GroupSignals::default(),
            scorecard: Scorecard::default(),
        }
    }

    /// The minute series of `metric`.
    pub fn minute(&self, metric: Metric) -> Option<&Series> {
        self.minutes.iter().find(|(m, _)| *m == metric).map(|(_, s)| s)
    }

    /// Measures what one instance can serve, where it was not given.
    pub fn measure(&mut self, now: Time) {
        if self.options.capacity.is_some() {
            return;
        }
        if self.options.demand == DemandMeasure::Cpu {
            self.capacity = Some((1.0, "by definition: demand is counted in busy instances".to_owned()));
            return;
        }
        let series = [self.options.demand.metric(), Metric::Cpu, Metric::InService].map(|m| self.minute(m));
        let [Some(load), Some(cpu), Some(in_service)] = series else { return };
        if let Some(learned) = learn::capacity(load, cpu, in_service, shift(now, -86_400)) {
            let per_step = learned.capacity * self.options.demand.minutes(self.options.step);
            let how = format!("median of {} minutes, ± {:.0} %", learned.readings, 100.0 * learned.spread);
            self.capacity = Some((per_step, how));
        }
    }

    /// Takes in a look at the group.
    pub fn look(&mut self, state: GroupState) {
        if self.options.lead.is_none() {
            self.registration_delay.look(&state);
            let with_registration =
                |(seconds, launches): LeadTime| (seconds + self.registration_delay.p90(), launches);
            let measured = lead::measured(&state.activities);
            self.lead = measured.cold.map_or(self.lead, with_registration);
            self.warm = measured.warm.map(with_registration).or(self.warm);
        }
        let actuator = self.actuator();
        self.signals.compare(self.state.as_ref(), &state, actuator);
        self.state = Some(state);
    }

    /// Takes in minutes of one metric.
    pub fn collect(&mut self, metric: Metric, fresh: &Series) {
        if let Some((_, series)) = self.minutes.iter_mut().find(|(m, _)| *m == metric) {
            for (time, value) in fresh.iter() {
                if let Some(value) = value {
                    series.insert(time, value);
                }
            }
            series.keep_last(if self.forecasters.is_spilled() { MINUTES_OF_MANY } else { MINUTES_KEPT });
        }
    }

    /// Takes in demand and lets the champion learn the steps that will not change any more: those known, and
    /// gaps older than the time that a point may be late. Returns how many steps it learned.
    pub fn learn(&mut self, fresh: &Series, events: &[Event], now: Time) -> usize {
        for (time, value) in fresh.iter() {
            if let Some(value) = value {
                self.demand.insert(time, value);
            }
        }
        let (demand, excluded) = (&self.demand, &self.excluded);
        let (length, late) = (self.options.step, self.options.late);
        let is_settled = |step: Time| {
            let ends = shift(step, length);
            ends <= now && (demand.at(step).is_some() || shift(ends, late) <= now)
        };
        if !is_settled(self.forecasters.known_until()) {
            return 0;
        }
        let backcasts = &mut self.backcasts;
        let learned = self.forecasters.update(|champion, outlook| {
            let mut learned = 0;
            while is_settled(champion.known_until()) {
                let step = champion.known_until();
                let value = demand.at(step).filter(|_| !is_excluded(excluded, step, events));
                champion.learn(value, events);
                outlook.learn(step, value, events);
                let ends = shift(step, length);
                if (now - ends).num_seconds() < 86_400 {
                    backcasts.extend(champion.forecast(ends));
                }
                learned += 1;
            }
            learned
        });
        let kept = if self.forecasters.is_spilled() { DEMAND_OF_MANY } else { DEMAND_KEPT };
        self.demand.keep_last((kept / length) as usize);
        learned
    }

    /// Load per step at minute `time`, by the way demand is counted.
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

    /// The highest load of the last two minutes that are known, if they are fresh.
    pub fn load_now(&self, now: Time) -> Option<f64> {
        let newest = self.newest_minute()?;
        if (now - newest).num_seconds() > 300 {
            return None;
        }
        [newest, shift(newest, -60)].into_iter().filter_map(|t| self.load_at(t)).reduce(f64::max)
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

    /// The most that was wanted within the hold, and forgets what is older.
    pub fn recent_most(&mut self, now: Time) -> Option<u32> {
        let since = shift(now, -self.options.settings.policy.hold(&self.options.settings));
        while self.wants.front().is_some_and(|(at, _)| *at < since) {
            self.wants.pop_front();
        }
        self.wants.iter().map(|(_, want)| *want).max()
    }

    /// Changes during the last hour, and forgets those older than a day.
    pub fn actions_last_hour(&mut self, now: Time) -> u32 {
        while self.actions.front().is_some_and(|(at, _)| *at < shift(now, -86_400)) {
            self.actions.pop_front();
        }
        self.actions.iter().filter(|(at, _)| *at > shift(now, -3_600)).count() as u32
    }

    /// Changes of direction during the last hour.
    pub fn reversals(&self, now: Time) -> u32 {
        let recent: Vec<bool> =
            self.actions.iter().filter(|(at, _)| *at > shift(now, -3_600)).map(|(_, added)| *added).collect();
        recent.windows(2).filter(|pair| pair[0] != pair[1]).count() as u32
    }

    /// The value that an operator said no to, from where the group stands.
    pub fn rejected_to(&self) -> Option<u32> {
        let (from, to) = self.rejected?;
        (self.steered_from() == Some(from)).then_some(to)
    }

    /// When `prescale` last added (`true`) or removed (`false`).
    pub fn last_action(&self, added: bool) -> Option<Time> {
        self.actions.iter().rev().find(|(_, a)| *a == added).map(|(at, _)| *at)
    }

    /// Launches that failed in a row, newest first.
    pub fn failed_launches(&self) -> u32 {
        let activities = self.state.iter().flat_map(|s| &s.activities);
        let launches = activities.filter(|a| a.kind.is_launch() && !a.status.is_open());
        launches.take_while(|a| a.status == ActivityStatus::Failed).count() as u32
    }
}
