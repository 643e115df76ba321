//! Walk-forward evaluation: the accuracy of champion and outlook on a history, and how much the calendar
//! improves it.
//!
//! Beside them stands the prior alone, where there is one.
//!
//! Two champions go through the same history, one with the calendar and one without, and so do two outlooks.
//! Nothing is fitted beforehand, and each forecast is scored on a target that had not ended when it was made.

use std::collections::{BTreeMap, VecDeque};

use chrono_tz::Tz;
use serde::Serialize;

use super::{blend::champion::Champion, outlook::Outlook, prior::Prior, retraining::Retraining};
use crate::domain::{
    Seconds, Time,
    event::{Event, EventKind},
    forecast::{LEVELS, MEDIAN, P95, Quantiles, pinball},
    series::Series,
    shift,
};

/// Seconds ahead that are scored, where the step allows.
const AHEAD: [Seconds; 5] = [300, 900, 1_800, 3_600, 7_200];
/// Hours ahead of the outlook that are scored.
const HOURS: [usize; 2] = [24, 48];
const HOUR: Seconds = 3_600;

/// Result of [`walk`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WalkForwardReport {
    /// First moment whose forecasts count in `ahead` and `outlook`.
    pub from: Time,
    /// The champion, by time ahead.
    pub ahead: Vec<Scored>,
    /// The prior alone, by time ahead: a net that has never seen the history.
    pub prior: Vec<Scored>,
    /// The outlook of hourly means, by time ahead; its upper quantile is 0.90.
    pub outlook: Vec<Scored>,
    /// Accuracy with and without the calendar, by time ahead (minutes to hours by the champion, days by the
    /// outlook), over the whole history; empty without a calendar.
    pub calendar: Vec<CalendarBenefit>,
}

/// Errors of one time ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scored {
    /// Seconds from the end of what was known to the end of the target.
    pub ahead: Seconds,
    /// Number of forecasts that were scored.
    pub outcomes: usize,
    /// Sum of absolute errors of the median ÷ sum of demand.
    pub wape: f64,
    /// The same of the last value.
    pub last_value: f64,
    /// The same of seasonal-naive: the same time on the latest day that was known.
    pub seasonal_naive: f64,
    /// Share of outcomes not above the upper quantile (0.95, the outlook's 0.90).
    pub covered: f64,
    /// Mean pinball loss over all quantiles ÷ mean demand; the outlook has too few of them.
    pub pinball: Option<f64>,
}

/// Error inside events from the second of a kind on, with the calendar and without it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalendarBenefit {
    /// Seconds ahead, as in [`Scored`].
    pub ahead: Seconds,
    /// Outcomes inside events.
    pub outcomes: usize,
    /// WAPE inside events with the calendar.
    pub with: f64,
    /// WAPE inside events without the calendar.
    pub without: f64,
    /// WAPE outside events, without the calendar: no calendar can be expected to make an event easier than
    /// that.
    pub ordinary: f64,
}

/// Sums behind the shares.
#[derive(Debug, Clone, Copy, Default)]
struct ErrorSums {
    outcomes: usize,
    load: f64,
    error: f64,
    last: f64,
    seasonal: f64,
    held: usize,
    /// Of the forecasts that have all quantiles.
    pinball: Option<f64>,
}

/// A forecast whose target has not ended.
#[derive(Debug, Clone, Copy)]
struct PendingForecast {
    target: usize,
    median: f64,
    upper: f64,
    /// All quantiles, where there are more.
    row: Option<Quantiles>,
    last: f64,
    seasonal: f64,
}

/// One time ahead of one forecaster.
#[derive(Debug, Default)]
struct Track {
    pending: VecDeque<PendingForecast>,
    /// From the first moment of the test on.
    test: ErrorSums,
    /// Over the whole history, inside events that count.
    inside: ErrorSums,
    /// Over the whole history, away from events.
    outside: ErrorSums,
}

/// Position of a target relative to the events of the calendar.
#[derive(Debug, Clone, Copy, PartialEq)]
enum EventPosition {
    Inside,
    Outside,
    /// In the first event of its kind, or within two hours of an event.
    Neither,
}

/// Walks over `history`; forecasts of targets that start at `from` or later are scored.
pub fn walk(
    history: &Series,
    events: &[Event],
    zone: Tz,
    from: Time,
    prior: &Prior,
    retraining: Option<Retraining>,
) -> WalkForwardReport {
    let (champions, outlooks) =
        (champions(history, events, zone, from, prior, retraining), outlooks(history, events, zone, from));
    let scored = |tracks: &Tracks, which: usize| {
        let ahead = tracks.iter().map(|(ahead, tracks)| tracks[which].test.scored(*ahead));
        ahead.filter(|s| s.outcomes > 0).collect()
    };
    let calendar_effect =
        champions.iter().chain(&outlooks).map(|(ahead, tracks)| calendar_effect(*ahead, tracks));
    WalkForwardReport {
        from,
        ahead: scored(&champions, WITH),
        prior: scored(&champions, PRIOR),
        outlook: scored(&outlooks, WITH),
        calendar: calendar_effect.filter(|w| w.outcomes > 0).collect(),
    }
}

/// By seconds ahead: with the calendar, without it, and the prior alone.
type Tracks = BTreeMap<Seconds, [Track; 3]>;
const WITH: usize = 0;
const PRIOR: usize = 2;

fn champions(
    history: &Series,
    events: &[Event],
    zone: Tz,
    from: Time,
    prior: &Prior,
    mut retraining: Option<Retraining>,
) -> Tracks {
    let step = history.step();
    let day = (86_400 / step).max(1) as usize;
    let leads = AHEAD.into_iter().filter(|ahead| ahead % step == 0);
    let mut tracks: Tracks = leads.map(|ahead| (ahead, Default::default())).collect();
    let calendars: [&[Event]; 2] = [events, &[]];
    // Without a calendar, both would do the same.
    let calendars = if events.is_empty() { &calendars[..1] } else { &calendars };
    let walker = |_| {
        let mut champion = Champion::new(history.start(), step, zone);
        champion.set_prior(prior.clone());
        champion
    };
    let mut walkers: Vec<Champion> = calendars.iter().map(walker).collect();
    for (index, (time, value)) in history.iter().enumerate() {
        score(&mut tracks, index, value, time >= from, place(time, step, events));
        let retrained = retraining.as_mut().and_then(|retraining| {
            retraining.at(time, || history.between(history.start(), time), events, zone)
        });
        if let Some(prior) = retrained {
            walkers.iter_mut().for_each(|champion| champion.set_prior(prior.clone()));
        }
        for (which, (champion, calendar)) in walkers.iter_mut().zip(calendars).enumerate() {
            champion.learn(value, calendar);
            let Some(forecast) = champion.forecast(champion.known_until()) else { continue };
            for (ahead, track) in &mut tracks {
                let lead = (ahead / step) as usize;
                let row: &Quantiles = &forecast.rows[lead - 1];
                let naive = Naive { history, index, day };
                track[which].pending.extend(naive.beside(lead, row));
                if let Some(said) = champion.said_by_prior(lead).filter(|_| which == WITH) {
                    track[PRIOR].pending.extend(naive.beside(lead, &said));
                }
            }
        }
    }
    tracks
}

fn outlooks(history: &Series, events: &[Event], zone: Tz, from: Time) -> Tracks {
    let hourly = history.mean_over(HOUR);
    let mut tracks: Tracks = HOURS.map(|hours| (HOUR * hours as Seconds, Default::default())).into();
    let calendars: [&[Event]; 2] = [events, &[]];
    let mut walkers = calendars.map(|_| Outlook::new(history.step(), zone));
    let mut ended = 0;
    for (time, value) in history.iter() {
        walkers
            .iter_mut()
            .zip(calendars)
            .for_each(|(outlook, calendar)| outlook.learn(time, value, calendar));
        if shift(time, history.step()) < hourly.time_of(ended + 1) {
            continue;
        }
        let hour = hourly.time_of(ended);
        score(&mut tracks, ended, hourly.get(ended), hour >= from, place(hour, HOUR, events));
        for (which, outlook) in walkers.iter().enumerate() {
            let rows = outlook.rows();
            let naive = Naive { history: &hourly, index: ended, day: 24 };
            for (hours, track) in HOURS.into_iter().zip(tracks.values_mut()) {
                let row = rows.get(hours - 1).map(|row| row.quantiles);
                track[which]
                    .pending
                    .extend(row.and_then(|[_, median, upper]| naive.predicted(hours, median, upper)));
            }
        }
        ended += 1;
    }
    tracks
}

/// Naive forecasts at the end of step `index`.
struct Naive<'a> {
    history: &'a Series,
    index: usize,
    day: usize,
}

impl Naive<'_> {
    /// The forecast `row`, with the naive ones.
    fn beside(&self, lead: usize, row: &Quantiles) -> Option<PendingForecast> {
        let predicted = self.predicted(lead, row[MEDIAN], row[P95])?;
        Some(PendingForecast { row: Some(*row), ..predicted })
    }

    /// A forecast of the step `lead` ahead, with the naive ones; `None` where one of those has no value.
    fn predicted(&self, lead: usize, median: f64, upper: f64) -> Option<PendingForecast> {
        let target = self.index + lead;
        let seasonal = target.checked_sub(self.day * lead.div_ceil(self.day))?;
        let known = |index| self.history.get(index);
        let (last, seasonal) = (known(self.index)?, known(seasonal)?);
        Some(PendingForecast { target, median, upper, row: None, last, seasonal })
    }
}

/// Scores the forecasts of step `index`.
fn score(tracks: &mut Tracks, index: usize, actual: Option<f64>, test: bool, place: EventPosition) {
    for track in tracks.values_mut().flatten() {
        while let Some(predicted) =
            track.pending.front().copied().filter(|predicted| predicted.target <= index)
        {
            track.pending.pop_front();
            let Some(actual) = actual.filter(|_| predicted.target == index) else { continue };
            if test {
                track.test.add(&predicted, actual);
            }
            match place {
                EventPosition::Inside => track.inside.add(&predicted, actual),
                EventPosition::Outside => track.outside.add(&predicted, actual),
                EventPosition::Neither => {}
            }
        }
    }
}

/// Position of the step of `step` seconds at `time` relative to events: two hours around an event are neither
/// inside nor outside.
fn place(time: Time, step: Seconds, events: &[Event]) -> EventPosition {
    let of_demand = |event: &&Event| !matches!(event.kind, EventKind::Freeze | EventKind::Incident);
    let mut place = EventPosition::Outside;
    for event in events.iter().filter(of_demand) {
        if event.covers(time) {
            let again = events.iter().any(|e| e.label == event.label && e.start < event.start);
            return if again { EventPosition::Inside } else { EventPosition::Neither };
        }
        if event.touches(shift(time, -7_200), shift(time, step + 7_200)) {
            place = EventPosition::Neither;
        }
    }
    place
}

fn calendar_effect(ahead: Seconds, [with, without, _]: &[Track; 3]) -> CalendarBenefit {
    CalendarBenefit {
        ahead,
        outcomes: with.inside.outcomes,
        with: with.inside.share(with.inside.error),
        without: without.inside.share(without.inside.error),
        ordinary: without.outside.share(without.outside.error),
    }
}

impl ErrorSums {
    fn add(&mut self, predicted: &PendingForecast, actual: f64) {
        self.outcomes += 1;
        self.load += actual.abs();
        self.error += (actual - predicted.median).abs();
        self.last += (actual - predicted.last).abs();
        self.seasonal += (actual - predicted.seasonal).abs();
        self.held += usize::from(actual <= predicted.upper);
        if let Some(row) = &predicted.row {
            let losses = row.iter().zip(LEVELS).map(|(q, level)| pinball(level, *q, actual));
            *self.pinball.get_or_insert(0.0) += losses.sum::<f64>() / LEVELS.len() as f64;
        }
    }

    /// `sum` as a share of the load; not a number where there was none.
    fn share(&self, sum: f64) -> f64 {
        sum / self.load
    }

    fn scored(&self, ahead: Seconds) -> Scored {
        Scored {
            ahead,
            outcomes: self.outcomes,
            wape: self.share(self.error),
            last_value: self.share(self.last),
            seasonal_naive: self.share(self.seasonal),
            covered: self.held as f64 / self.outcomes as f64,
            pinball: self.pinball.map(|sum| self.share(sum)),
        }
    }
}

#[cfg(test)]
mod tests;
