//! Scores a challenger on held-out days.

use crate::{
    domain::{
        forecast::{MEDIAN, P95, Quantiles},
        series::Series,
    },
    forecast::{ForecastInput, Forecaster, registry::Scores},
};

/// Leads (in steps) that count.
const LEADS: [usize; 4] = [1, 3, 6, 12];
/// Most origins scored.
const ORIGINS: usize = 160;

/// Sums over settled forecasts.
#[derive(Default)]
struct ChallengeSums {
    load: f64,
    challenger: f64,
    incumbent: f64,
    naive: f64,
    covered: usize,
    count: usize,
}

/// WAPE of the challenger, the incumbent and seasonal-naive on the same targets, those of `held_out.origin` and after.
pub fn compare(
    challenger: &dyn Forecaster,
    incumbent: Option<&dyn Forecaster>,
    held_out: &ForecastInput,
) -> Scores {
    let history = held_out.history;
    let first = history.index_of(held_out.origin).unwrap_or(0).max(1);
    let stride = (history.len().saturating_sub(first) / ORIGINS).max(1);
    let mut sums = ChallengeSums::default();
    for origin in (first..history.len()).step_by(stride) {
        let past = history.between(history.start(), history.time_of(origin));
        let known = ForecastInput {
            origin: history.time_of(origin),
            history: &past,
            events: held_out.events,
            zone: held_out.zone,
        };
        let steps = LEADS[LEADS.len() - 1];
        let Some(predicted) = challenger.forecast(&known, steps) else { continue };
        let other = incumbent.and_then(|net| net.forecast(&known, steps));
        sums.add(history, origin, &predicted, other.as_deref());
    }
    sums.scores(incumbent.is_some())
}

impl ChallengeSums {
    fn add(&mut self, history: &Series, origin: usize, predicted: &[Quantiles], other: Option<&[Quantiles]>) {
        let day = (86_400 / history.step()) as usize;
        for lead in LEADS {
            let target = origin + lead - 1;
            let naive = target.checked_sub(day).and_then(|i| history.get(i));
            let (Some(actual), Some(naive), Some(row)) =
                (history.get(target), naive, predicted.get(lead - 1))
            else {
                continue;
            };
            self.load += actual.abs();
            self.challenger += (actual - row[MEDIAN]).abs();
            self.naive += (actual - naive).abs();
            self.incumbent += other.and_then(|o| o.get(lead - 1)).map_or(0.0, |o| (actual - o[MEDIAN]).abs());
            self.covered += usize::from(actual <= row[P95]);
            self.count += 1;
        }
    }

    fn scores(&self, incumbent: bool) -> Scores {
        let share = |sum: f64| if self.load > 0.0 { sum / self.load } else { 0.0 };
        Scores {
            wape: share(self.challenger),
            naive_wape: share(self.naive),
            champion_wape: incumbent.then(|| share(self.incumbent)),
            coverage: self.covered as f64 / self.count.max(1) as f64,
            count: self.count,
            prior: None,
        }
    }
}
