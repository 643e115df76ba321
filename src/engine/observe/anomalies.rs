//! What is noticed beside the load: jumps of the clock, changes by others, incidents, models gone bad.
//!
//! Each is a fact with its moment, kept here, told once in the journal, and judged by preflight.

use std::collections::VecDeque;

use crate::{
    domain::{
        Seconds, Time, actuator::Actuator, decision::Mode, group::GroupState, journal::JournalKind,
        metric::Metric, shift,
    },
    engine::{Engine, SELF, group::runtime::GroupRuntime},
    forecast::score::RollingScore,
    link::Usage,
    plan::{
        incident::{Signs, incident},
        preflight::Foreign,
    },
    store::{SettingWrite, StoreError, keys},
};

/// A step of the clock beyond this many seconds is a jump.
const STEP: Seconds = 600;
/// Seconds for which a released brake does not trip by itself again.
const RELEASED: Seconds = 1_800;
/// Seconds of health checks that are remembered.
const REMEMBERED: Seconds = 1_200;
/// Seconds over which the pace of billed questions is taken, and the least of them.
const PACE: Seconds = 3_600;
const LEAST_PACE: Seconds = 300;
/// Seconds of a month.
const MONTH: f64 = 30.4 * 86_400.0;
/// Rounds after which a score counts.
const ROUNDS: f64 = 96.0;
/// Error, as a share of load, that is good whatever seasonal-naive says.
const GOOD: f64 = 0.05;
/// Coverage of the 0.95 quantile below which a model is sick, and from which it is well again.
const COVERS: (f64, f64) = (0.85, 0.88);

/// The engine's own notes of what it noticed.
#[derive(Debug, Default)]
pub(in crate::engine) struct Anomalies {
    /// The minute before.
    last: Option<Time>,
    /// The newest jump of the clock, and by how many seconds.
    jumped: Option<(Time, Seconds)>,
    /// API calls so far, minute by minute.
    calls: VecDeque<(Time, u64)>,
    /// Metrics asked for so far, minute by minute.
    billed: VecDeque<(Time, u64)>,
    /// When an operator released the brake.
    pub(in crate::engine) released: Option<Time>,
}

/// What is noticed of one group.
#[derive(Debug, Clone, Default)]
pub struct GroupSignals {
    /// The newest change of the desired capacity by somebody else.
    pub foreign: Option<Foreign>,
    /// The value that was ordered last; when it shows, it is ours.
    pub requested: Option<u32>,
    /// Why the model is not to be trusted.
    pub sick: Option<String>,
    /// The band had stopped covering and is wider for it.
    pub band_widened: bool,
    unhealthy: VecDeque<(Time, u32)>,
}

impl GroupSignals {
    /// Compares a look with the one before it.
    pub(in crate::engine) fn compare(
        &mut self,
        before: Option<&GroupState>,
        state: &GroupState,
        actuator: Actuator,
    ) {
        self.unhealthy.push_back((state.seen_at, state.unhealthy()));
        while self.unhealthy.front().is_some_and(|(at, _)| *at < shift(state.seen_at, -REMEMBERED)) {
            self.unhealthy.pop_front();
        }
        let Some(before) = before.filter(|b| actuator == Actuator::Desired && b.desired != state.desired)
        else {
            return;
        };
        let by_bounds = (before.min, before.max) != (state.min, state.max)
            && [state.min, state.max].contains(&state.desired);
        if !by_bounds && self.requested != Some(state.desired) {
            self.foreign = Some(Foreign { at: state.seen_at, from: before.desired, to: state.desired });
        }
    }

    /// Unhealthy instances: the fewest of late, and the newest.
    fn unhealthy(&self) -> (u32, u32) {
        let fewest = self.unhealthy.iter().map(|(_, n)| *n).min();
        (fewest.unwrap_or(0), self.unhealthy.back().map_or(0, |(_, n)| *n))
    }
}

impl Engine {
    /// Takes in what this minute showed beside the load.
    pub(in crate::engine) fn detect_anomalies(&mut self, now: Time) -> Result<(), StoreError> {
        self.detect_clock_jump(now)?;
        let calls = &mut self.anomalies.calls;
        calls.push_back((now, self.world.source.calls()));
        while calls.len() > 1 && calls[0].0 < shift(now, -60) {
            calls.pop_front();
        }
        let billed = &mut self.anomalies.billed;
        billed.push_back((now, self.world.source.billed()));
        while billed.len() > 1 && billed[0].0 < shift(now, -PACE) {
            billed.pop_front();
        }
        for at in 0..self.groups.len() {
            self.detect_foreign_change(at, now)?;
            self.detect_incident(at, now)?;
        }
        Ok(())
    }

    fn detect_clock_jump(&mut self, now: Time) -> Result<(), StoreError> {
        let Some(last) = self.anomalies.last.replace(now) else { return Ok(()) };
        let step = (now - last).num_seconds();
        if (0..=STEP).contains(&step) {
            return Ok(());
        }
        self.anomalies.jumped = Some((now, step));
        let way = if step < 0 { "back" } else { "ahead" };
        let text = format!("the clock went {way} by {} min: no scale-in for a cycle", step.abs() / 60);
        self.note(None, JournalKind::Clock, text)
    }

    /// Seconds by which the clock jumped, until a cycle after it did.
    pub(in crate::engine) fn jump(&self, cycle: Seconds) -> Option<Seconds> {
        let (at, step) = self.anomalies.jumped?;
        let age = (self.now - at).num_seconds();
        (0..cycle).contains(&age).then_some(step)
    }

    /// API calls during the last minute.
    pub(in crate::engine) fn calls(&self) -> u32 {
        let count = |at: Option<&(Time, u64)>| at.map_or(0, |(_, n)| *n);
        let (first, last) = (count(self.anomalies.calls.front()), count(self.anomalies.calls.back()));
        u32::try_from(last.saturating_sub(first)).unwrap_or(u32::MAX)
    }

    /// What reading costs; nothing in the simulation.
    pub(in crate::engine) fn usage(&self) -> Option<Usage> {
        if self.world.simulator.is_some() {
            return None;
        }
        let most_calls =
            self.groups.iter().map(|w| w.options.limits.calls_per_minute).min().unwrap_or(u32::MAX);
        Some(Usage {
            calls: self.calls(),
            most_calls,
            monthly: monthly(&self.anomalies.billed, self.world.source.price()),
        })
    }

    fn detect_foreign_change(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let Some(change) = self.groups[at].signals.foreign.filter(|f| f.at == now) else { return Ok(()) };
        if self.leases.is_some() && self.lease(at, 0).is_err() {
            // Most likely the holder of the lease, which is one of us: nothing to respect later.
            self.groups[at].signals.foreign = None;
            return Ok(());
        }
        let (from, to) = (change.from, change.to);
        let minutes = self.groups[at].options.limits.yield_for / 60;
        let text = format!(
            "somebody else changed the desired capacity {from} → {to}: not reversed for {minutes} min"
        );
        let name = self.groups[at].name.clone();
        self.note(Some(&name), JournalKind::Foreign, text)
    }

    /// Trips the brake when less work gets done while errors or unhealthy instances rise.
    fn detect_incident(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let group = &self.groups[at];
        let quiet = self.anomalies.released.is_some_and(|t| (now - t).num_seconds() < RELEASED);
        if self.brake || quiet || !group.options.limits.incident_brake {
            return Ok(());
        }
        let Some(why) = group.incident(now) else { return Ok(()) };
        let name = group.name.clone();
        let text = format!(
            "the brake tripped by itself: {why}; scale-in is frozen everywhere and the models do not learn of this until it is released"
        );
        let entry = self.entry(SELF, Some(&name), JournalKind::Brake, text, None);
        self.store.set_noted(&[SettingWrite::new(&keys::brake(), &true)?], &entry)?;
        self.brake = true;
        self.operator_state_changed();
        self.exclude_incident(at, now)
    }

    /// Looks at the model's score once a cycle; a model gone bad puts its group back to `observe`, once.
    pub(in crate::engine) async fn check_model_health(&mut self, at: usize) -> Result<(), StoreError> {
        self.watch_band(at)?;
        let found = self.groups[at].sickness();
        self.apply_model_health(at, found).await
    }

    /// What follows from what was `found`, where it is news.
    pub(in crate::engine) async fn apply_model_health(
        &mut self,
        at: usize,
        found: Option<String>,
    ) -> Result<(), StoreError> {
        let group = &self.groups[at];
        if group.signals.sick.is_some() == found.is_some() {
            return Ok(());
        }
        let (name, mode) = (group.name.clone(), group.mode);
        self.store.set(&keys::sick(&name), &found)?;
        self.groups[at].signals.sick = found.clone();
        match found {
            Some(why) if mode > Mode::Observe => {
                // It refuses only a group that is not there.
                let _ = self.set_mode(SELF, &name, Mode::Observe).await?;
                let text = format!(
                    "{} → observe: {why}; it only advises until an operator raises it again",
                    mode.name()
                );
                self.note(Some(&name), JournalKind::Demoted, text)
            }
            Some(why) => self.note(Some(&name), JournalKind::Model, format!("not to be trusted: {why}")),
            None => self.note(Some(&name), JournalKind::Model, "its forecasts can be trusted again".into()),
        }
    }
}

/// Dollars a month at the pace of `billed` metrics, of which a thousand cost `price`.
fn monthly(billed: &VecDeque<(Time, u64)>, price: f64) -> Option<f64> {
    let ((since, first), (until, last)) = (billed.front()?, billed.back()?);
    let seconds = (*until - *since).num_seconds();
    let metrics = last.saturating_sub(*first) as f64;
    (seconds >= LEAST_PACE).then(|| metrics / seconds as f64 * MONTH / 1_000.0 * price)
}

impl GroupRuntime {
    fn incident(&self, now: Time) -> Option<String> {
        let signs = Signs {
            cpu: self.minute(Metric::Cpu)?,
            in_service: self.minute(Metric::InService)?,
            requests: self.minute(Metric::Requests)?,
            errors: self.minute(Metric::Errors)?,
            unhealthy: self.signals.unhealthy(),
        };
        incident(&signs, now)
    }

    /// Why the model is not to be trusted at the lead time, if it is not.
    fn sickness(&self) -> Option<String> {
        if !self.options.settings.policy.forecasts() || !self.options.limits.model_gate {
            return None;
        }
        sickness(self.score_at_lead()?, self.signals.sick.is_some())
    }
}

/// What is wrong with a score; `sick` ones must be clearly well to be so again.
fn sickness(score: &RollingScore, sick: bool) -> Option<String> {
    if score.rounds() < ROUNDS {
        return None;
    }
    let (wape, naive, coverage) = (score.wape(), score.seasonal_wape(), score.coverage());
    let slack = if sick { 1.0 } else { 1.05 };
    if wape > GOOD && wape > slack * naive {
        let (ours, theirs) = (100.0 * wape, 100.0 * naive);
        return Some(format!("the model errs by {ours:.0} % of load, seasonal-naive by {theirs:.0} %"));
    }
    if coverage < if sick { COVERS.1 } else { COVERS.0 } {
        let covered = 100.0 * coverage;
        return Some(format!(
            "the model's p95 covered {covered:.0} % of the newest steps, 95 % was promised"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{at_epoch, forecast::LEVELS},
        plan::fixture::group,
    };

    fn scored(predicted: f64, naive: f64, actual: f64) -> RollingScore {
        let mut score = RollingScore::new(1e6);
        (0..200).for_each(|_| score.learn(&LEVELS.map(|_| predicted), naive, naive, actual));
        score
    }

    #[test]
    fn the_bill_is_told_at_the_pace_of_the_last_hour() {
        let asked = |minutes: i64| (0..=minutes).map(|m| (at_epoch(60 * m), 10 * m as u64)).collect();
        assert_eq!(monthly(&asked(4), 0.01), None, "four minutes are no pace");
        let month = monthly(&asked(60), 0.01).expect("an hour is one");
        assert!((month - 10.0 * 60.0 * 24.0 * 30.4 / 1_000.0 * 0.01).abs() < 1e-9, "{month}");
    }

    #[test]
    fn a_model_worse_than_seasonal_naive_or_not_covering_is_sick() {
        assert_eq!(sickness(&scored(100.0, 100.0, 100.0), false), None);
        assert!(sickness(&scored(120.0, 110.0, 100.0), false).is_some_and(|t| t.contains("20 % of load")));
        assert!(sickness(&scored(99.0, 50.0, 100.0), false).is_some_and(|t| t.contains("covered 0 %")));
        assert_eq!(sickness(&scored(104.0, 100.0, 100.0), false), None, "four percent is good enough");
        assert_eq!(sickness(&RollingScore::new(10.0), false), None, "nothing was scored yet");
    }

    #[test]
    fn who_was_sick_must_be_clearly_well() {
        let near = scored(110.4, 110.0, 100.0);
        assert!(sickness(&near, false).is_none() && sickness(&near, true).is_some());
    }

    #[test]
    fn a_change_that_nobody_here_ordered_is_somebody_elses() {
        let mut signals = GroupSignals::default();
        let (before, after) = (group(4, 4), group(7, 4));
        signals.requested = Some(7);
        signals.compare(Some(&before), &after, Actuator::Desired);
        assert_eq!(signals.foreign, None);
        signals.requested = Some(9);
        signals.compare(Some(&before), &after, Actuator::Floor);
        assert_eq!(signals.foreign, None, "a policy is in charge there");
        let raised = GroupState { min: 7, ..after.clone() };
        signals.compare(Some(&before), &raised, Actuator::Desired);
        assert_eq!(signals.foreign, None, "the floor was raised");
        signals.compare(Some(&before), &after, Actuator::Desired);
        assert_eq!(signals.foreign, Some(Foreign { at: at_epoch(0), from: 4, to: 7 }));
    }
}
