//! What the next hours would bring, and the last days would have brought, under settings that are changed in thought.
//!
//! Both are walked minute by minute (`Walk`) as the advice of the plans would size the group: the next hours by the newest
//! forecast, with its median as the load that comes; the last days by the forecasts as they were made and the load as it was
//! measured. The present settings go through the same computation, so that both sides are alike in what is left out: the checks
//! between a plan and an act, and what the group's instances really did.

mod walk;

use std::collections::VecDeque;

use self::walk::Walk;
use super::{PlanContext, Settings, objective::QuantileLevel, recorded::looked_at};
use crate::domain::{
    Seconds, Time, at_epoch,
    event::Event,
    forecast::{Forecast, MEDIAN},
    objective::Objective,
    plan::Plan,
    scorecard::Side,
    series::Series,
    shift,
    what_if::{ExtraLoad, HoursAhead, PastDays, Terms, WhatIf},
};

/// Longest time ahead that is walked.
const AHEAD: Seconds = 4 * 3_600;
/// Longest time back that is walked.
pub const BACK: Seconds = 7 * 86_400;

/// A group as it is: its newest plan, and what is not in the record of that.
#[derive(Debug, Clone, Copy)]
pub struct Present<'a> {
    /// Name of the group.
    pub group: &'a str,
    /// The newest plan, with what it looked at.
    pub plan: &'a Plan,
    /// The newest forecast, with all its quantiles.
    pub forecast: &'a Forecast,
    /// Seconds from order to service, without what moving capacity adds.
    pub boot: Seconds,
}

/// Days as they were recorded.
#[derive(Debug, Clone, Copy)]
pub struct RecordedDays<'a> {
    /// The forecasts as they were made, the oldest first.
    pub forecasts: &'a [Forecast],
    /// Load per step, a value a minute.
    pub load: &'a Series,
    /// Seconds after its end from which the load of a minute is known.
    pub complete_after: Seconds,
    /// Instances in service at the beginning.
    pub serving: u32,
    /// The calendar's events.
    pub events: &'a [Event],
}

impl Present<'_> {
    /// What the group is planned by; `None` where its plan has no record of it.
    pub fn terms(&self) -> Option<Terms> {
        let inputs = self.plan.inputs.as_ref()?;
        let settings = &inputs.settings;
        Some(Terms {
            risk: settings.risk,
            objective: settings.objective,
            target: settings.target,
            boot: self.boot,
            min: inputs.group.min,
            max: inputs.group.max,
        })
    }

    /// Whether anything can be computed for it.
    ///
    /// # Errors
    /// Why not.
    pub fn is_fit(&self) -> Result<(), String> {
        self.walked(&WhatIf::default(), |_, _| ())
    }

    /// What the next hours would bring: as far as the forecast reaches.
    ///
    /// # Errors
    /// Why nothing can be computed.
    pub fn ahead(&self, what_if: &WhatIf) -> Result<HoursAhead, String> {
        let forecast =
            what_if.event.map_or_else(|| self.forecast.clone(), |event| raised(self.forecast, event));
        let walked = self.walked(what_if, |mut walk, context| {
            let now = context.now;
            let end = forecast.target(forecast.rows.len()).min(shift(now, AHEAD));
            let minutes = ((end - now).num_seconds() / 60).max(0);
            let (mut planned, mut latest) = (Series::new(now, 60), forecast.clone());
            let mut want = None;
            for time in (0..minutes).map(|minute| shift(now, 60 * minute)) {
                let plan = if time == now {
                    walk.expect(forecast.at(time));
                    walk.order(&PlanContext { forecast: Some(&latest), ..*context })
                } else {
                    walk.advance(time);
                    walk.expect(forecast.at(time));
                    let cycle_due = (time - now).num_seconds() % context.settings.cycle.max(60) == 0;
                    // A forecast is made each cycle; what it will say is not known yet.
                    latest.origin = if cycle_due { time } else { latest.origin };
                    walk.order(&PlanContext {
                        now: time,
                        cycle_due,
                        forecast: Some(&latest),
                        load: forecast.at(time).map(|row| row[MEDIAN]),
                        saturated: None,
                        dip: context.dip.filter(|dip| time < dip.until),
                        ..*context
                    })
                };
                want = want.or(plan.map(|plan| plan.want));
                planned.push(Some(f64::from(walk.size())));
            }
            want.map(|want| walk.ahead(want, planned))
        })?;
        walked.ok_or_else(|| "there is no plan: what an instance serves is not known".to_owned())
    }

    /// What `days` would have brought.
    ///
    /// # Errors
    /// Why nothing can be computed.
    pub fn replay(&self, what_if: &WhatIf, days: &RecordedDays<'_>) -> Result<PastDays, String> {
        let mut forecasts = days.forecasts.iter().peekable();
        let first = forecasts.peek().map(|f| f.origin.timestamp().div_euclid(60) * 60 + 60);
        let known = days.load.iter().find(|(_, load)| load.is_some()).map(|(time, _)| time);
        let known = known.ok_or("no load of the last days is kept by the minute")?;
        let start = at_epoch(first.ok_or("no forecast of the last days is kept")?).max(known);
        self.walked(what_if, |mut walk, context| {
            let (mut newest, mut level) = (None, LevelInTime::of(walk.settings()));
            walk.begin_at(days.serving);
            let minutes = ((days.load.known_until() - start).num_seconds() / 60).clamp(0, BACK / 60);
            for time in (0..minutes).map(|minute| shift(start, 60 * minute)) {
                walk.advance(time);
                if let (Some(bad), Some(level)) = (walk.count(days.load.at(time)), &mut level) {
                    level.brings(shift(time, 60 + days.complete_after), bad);
                    walk.provision_for(level.at(time));
                }
                let mut cycle_due = false;
                while let Some(made) = forecasts.next_if(|made| made.origin <= time) {
                    (newest, cycle_due) = (Some(made), true);
                }
                let fresh = 2 * (context.settings.cycle + newest.map_or(0, |made: &Forecast| made.step));
                walk.order(&PlanContext {
                    now: time,
                    cycle_due,
                    forecast: newest.filter(|made| (time - made.origin).num_seconds() <= fresh),
                    load: days.known_at(time),
                    cpu: &[],
                    events: days.events,
                    saturated: None,
                    dip: None,
                    ..*context
                });
            }
            walk.past(start)
        })
    }

    /// Hands `work` a walk under `what_if` from the group as it is, and what the newest plan looked at.
    fn walked<T>(
        &self,
        what_if: &WhatIf,
        work: impl FnOnce(Walk, &PlanContext<'_>) -> T,
    ) -> Result<T, String> {
        let none = || "the newest plan has no record of what it looked at".to_owned();
        let inputs = self.plan.inputs.as_ref().ok_or_else(none)?;
        let terms = self.terms().ok_or_else(none)?.with(what_if);
        looked_at(self.group, self.plan, inputs, |context, warm| {
            if !context.settings.policy.forecasts() {
                let policy = context.settings.policy.name();
                return Err(format!(
                    "the policy {policy} does not plan by forecasts; a backtest compares it"
                ));
            }
            let settings = Settings {
                risk: terms.risk,
                objective: terms.objective,
                target: terms.target,
                ..context.settings.clone()
            };
            let lead = (context.lead + terms.boot - self.boot).max(0);
            let bounds = (terms.min, terms.max);
            Ok(work(Walk::new(context, settings, (lead, warm), bounds), context))
        })?
    }
}

impl RecordedDays<'_> {
    /// The load of now as it was known at `time`: the higher of the last two minutes that were complete.
    fn known_at(&self, time: Time) -> Option<f64> {
        let of = |back: i64| self.load.at(shift(time, -self.complete_after - 60 * back));
        match (of(1), of(2)) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        }
    }
}

/// The quantile that follows an objective, which learns of each minute when its load is known.
struct LevelInTime {
    objective: Objective,
    level: QuantileLevel,
    /// When a minute's load is known, and what it brought.
    coming: VecDeque<(Time, f64)>,
}

impl LevelInTime {
    fn of(settings: &Settings) -> Option<LevelInTime> {
        let level = QuantileLevel::starting_at(settings.risk);
        Some(LevelInTime { objective: settings.objective?, level, coming: VecDeque::new() })
    }

    fn brings(&mut self, known: Time, side: Side) {
        self.coming.push_back((known, side.bad(self.objective)));
    }

    /// The quantile at `now`.
    fn at(&mut self, now: Time) -> f64 {
        while let Some((_, bad)) = self.coming.pop_front_if(|(known, _)| *known <= now) {
            self.level.count(bad, self.objective);
        }
        self.level.risk()
    }
}

/// `forecast` with what `event` multiplies.
pub fn raised(forecast: &Forecast, event: ExtraLoad) -> Forecast {
    let mut raised = forecast.clone();
    let times = (0..forecast.rows.len()).map(|index| forecast.target(index));
    for (row, _) in raised.rows.iter_mut().zip(times).filter(|(_, time)| event.covers(*time)) {
        row.iter_mut().for_each(|quantile| *quantile *= event.multiplier);
    }
    raised
}

#[cfg(test)]
mod tests;
