//! What a history teaches the prior: what it saw at many origins, as where it is heard, and what came.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_pcg::Pcg64Mcg;

use super::{
    ahead::{HORIZON, leads, rows},
    calendar_features::EventLabels,
    features::StepContext,
    history::DemandHistory,
    prior_rows::{farthest, is_special, lead_time, seen_roots},
    seen::SeenLoad,
};
use crate::{
    domain::{event::Event, series::Series},
    forecast::prior::{
        features::{Origin, SeenRoots},
        finetune::Example,
    },
};

/// Which examples are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Newest days of the history that origins are in.
    pub days: usize,
    /// Origins, at the most.
    pub origins: usize,
    /// Times ahead of each origin.
    pub leads: usize,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Default for Draw {
    /// What the prior looks back, and what a month of five-minute steps is learned from within a second.
    fn default() -> Self {
        Draw { days: 28, origins: 4_000, leads: 2, seed: 1 }
    }
}

/// Goes through a history as the champion does.
struct Walker<'a> {
    history: DemandHistory,
    labels: EventLabels,
    seen: SeenLoad,
    events: &'a [Event],
    /// Examples by their target, which has not ended.
    waiting: BTreeMap<usize, Vec<Example>>,
}

/// Examples from `history`, the oldest target first.
pub fn examples(history: &Series, events: &[Event], zone: Tz, draw: &Draw) -> Vec<Example> {
    let step = history.step();
    let mut walker = Walker {
        history: DemandHistory::new(history.start(), step, zone),
        labels: EventLabels::default(),
        seen: SeenLoad::new(step),
        events,
        waiting: BTreeMap::new(),
    };
    let mut leads: Vec<usize> =
        leads(rows(HORIZON, step)).into_iter().filter(|l| *l <= farthest(step)).collect();
    let mut rng = Pcg64Mcg::seed_from_u64(draw.seed);
    let first = history.len().saturating_sub(draw.days * walker.history.day());
    let share = draw.origins as f64 / (history.len() - first).max(1) as f64;
    let mut found = Vec::new();
    for (index, (_, value)) in history.iter().enumerate() {
        found.extend(walker.learn(value));
        if index >= first && rng.random::<f64>() < share {
            let (chosen, _) = leads.partial_shuffle(&mut rng, draw.leads);
            walker.ask(chosen);
        }
    }
    found
}

impl Walker<'_> {
    /// Learns the next step; returns the examples that it ends.
    fn learn(&mut self, value: Option<f64>) -> Vec<Example> {
        let now = self.context(self.history.len());
        let plain = value.map(|v| v / now.calendar.multiplier);
        let believed = self.seen.take(plain);
        self.history.push(value.filter(|_| believed), &now.calendar);
        let ended = self.waiting.remove(&now.index).unwrap_or_default();
        let Some(actual) = plain.filter(|_| believed) else { return Vec::new() };
        ended.into_iter().map(|example| Example { actual, ..example }).collect()
    }

    /// Keeps what the prior sees now of the steps `leads` ahead.
    fn ask(&mut self, leads: &[usize]) {
        let now = self.context(self.history.len() - 1);
        let targets: Vec<StepContext> = leads.iter().map(|lead| self.context(now.index + lead)).collect();
        let roots = seen_roots(&self.history);
        let seen = SeenRoots { roots: &roots, step: self.history.step(), day: self.history.day() };
        let Some(origin) = Origin::new(seen).filter(|_| !is_special(&now)) else { return };
        let last = self.history.observed(now.index).map_or(f64::NAN, |load| load / now.calendar.multiplier);
        for (lead, target) in leads.iter().zip(&targets).filter(|(_, target)| !is_special(target)) {
            let row = origin.row(&lead_time(&self.history, *lead, target));
            let starts = self.history.time_of(target.index);
            let example = Example { row, lead: *lead, target: starts, last, actual: f64::NAN };
            self.waiting.entry(target.index).or_default().push(example);
        }
    }

    fn context(&mut self, index: usize) -> StepContext {
        let calendar = self.labels.features(self.history.time_of(index), self.events);
        StepContext { index, local: self.history.local(index), calendar }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Seconds, at_epoch, event::EventKind};

    /// Monday, 25 March 2024, in Berlin; the clocks change on Sunday.
    const START: i64 = 1_711_321_200;
    const STEP: Seconds = 900;

    /// Ten days of quarters of an hour with gaps; `after` takes the place of what comes from step `from` on.
    fn history(from: usize, after: f64) -> Series {
        let values = (0..960).map(|i: usize| {
            let wave = 100.0 + 50.0 * (std::f64::consts::TAU * (i % 96) as f64 / 96.0).sin();
            let load = if i < from { wave + (i * 7 % 13) as f64 } else { after };
            (i % 37 > 1).then_some(load)
        });
        Series::from_values(at_epoch(START), STEP, values.collect::<Vec<_>>())
    }

    fn drawn(history: &Series, events: &[Event]) -> Vec<Example> {
        let draw = Draw { days: 8, origins: 400, leads: 2, seed: 3 };
        examples(history, events, chrono_tz::Europe::Berlin, &draw)
    }

    fn same(one: &Example, other: &Example) -> bool {
        (one.lead, one.actual, &one.row.inputs) == (other.lead, other.actual, &other.row.inputs)
            && (one.row.anchors, one.row.known, one.row.scale)
                == (other.row.anchors, other.row.known, other.row.scale)
    }

    #[test]
    fn examples_know_nothing_of_what_comes_after_their_target() {
        let (plain, poisoned) = (drawn(&history(960, 0.0), &[]), drawn(&history(700, 1e5), &[]));
        let alike = plain.iter().zip(&poisoned).take_while(|(one, other)| same(one, other)).count();
        assert!(alike > 300 && alike < plain.len(), "{alike} of {}", plain.len());
        let cut = drawn_until(700);
        assert!(cut.iter().zip(&plain).all(|(one, other)| same(one, other)));
    }

    /// Examples whose target is before step `until`, by a history that goes on with gaps.
    fn drawn_until(until: usize) -> Vec<Example> {
        let whole = history(960, 0.0);
        let values = (0..whole.len()).map(|i| whole.get(i).filter(|_| i < until));
        drawn(&Series::from_values(whole.start(), STEP, values.collect::<Vec<_>>()), &[])
    }

    #[test]
    fn gaps_and_special_steps_give_no_example() {
        let history = history(960, 0.0);
        let known = drawn(&history, &[]);
        assert!(known.len() > 500, "{}", known.len());
        assert!(known.iter().all(|e| e.actual.is_finite() && e.row.inputs.iter().all(|x| x.is_finite())));
        let mut leads: Vec<usize> = known.iter().map(|e| e.lead).collect();
        leads.sort_unstable();
        leads.dedup();
        assert_eq!(leads, [1, 2, 3, 4], "within the hour");
        let holiday = Event {
            name: "off".into(),
            kind: EventKind::Holiday,
            label: "holiday".into(),
            start: at_epoch(START + 86_400 * 4),
            end: at_epoch(START + 86_400 * 8),
            multiplier: None,
            min_instances: None,
            groups: vec![],
        };
        let fewer = drawn(&history, &[holiday]).len();
        assert!(fewer < known.len() * 6 / 10 && fewer > known.len() / 4, "{fewer} of {}", known.len());
    }
}
