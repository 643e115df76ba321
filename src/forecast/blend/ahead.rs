//! The steps ahead, one row each, from the models of a few leads.
//!
//! Between two leads that have a model, both models forecast the step itself, with its own time of day, and the row lies
//! between the two. (Quantiles interpolated between other steps would lose a peak that falls between them, and an
//! instance that takes an hour to boot would be ordered too late for it.)

use super::{
    features::StepContext, history::DemandHistory, horizon::HorizonModel, seen::ForecastBound, target::Target,
};
use crate::domain::{
    Seconds,
    forecast::{Quantiles, tidy},
};

/// Seconds ahead that are forecast where no longer lead time asks for more.
pub const HORIZON: Seconds = 7_200;

/// The steps ahead as the newest step saw them.
pub(super) struct Ahead {
    /// The newest step that has ended.
    pub now: StepContext,
    /// The steps ahead, the next one first.
    pub targets: Vec<StepContext>,
    /// The trained network's median for each of them; empty without a network.
    pub network: Vec<f64>,
    /// The prior's quantiles of those that it speaks of.
    pub prior: Vec<Option<Quantiles>>,
    /// What the forecast of each of them stays below.
    pub bounds: Vec<ForecastBound>,
}

impl Ahead {
    /// The step `lead` ahead (1 is the next one).
    pub fn target(&self, lead: usize) -> Option<Target<'_>> {
        let index = lead.checked_sub(1)?;
        let (step, bound) = (self.targets.get(index)?, *self.bounds.get(index)?);
        let (network, prior) = (self.network.get(index).copied(), self.prior.get(index).copied().flatten());
        Some(Target { step, network, prior, bound })
    }

    /// The quantiles of every step ahead, from `models` in order of their leads.
    pub fn rows(&self, models: &[HorizonModel], history: &DemandHistory) -> Vec<Quantiles> {
        (1..=self.targets.len()).filter_map(|lead| self.row(models, history, lead)).collect()
    }

    /// The quantiles of the step `lead` ahead, linear between the forecasts of the models next to it.
    fn row(&self, models: &[HorizonModel], history: &DemandHistory, lead: usize) -> Option<Quantiles> {
        let after = models.partition_point(|model| model.lead() < lead);
        let far = models.get(after).or(models.last())?;
        let near = after.checked_sub(1).map_or(far, |before| &models[before]);
        let high = self.by(far, history, lead)?;
        if far.lead() == lead || far.lead() == near.lead() {
            return Some(high);
        }
        let low = self.by(near, history, lead)?;
        let share = (lead - near.lead()) as f64 / (far.lead() - near.lead()) as f64;
        let mut row: Quantiles = std::array::from_fn(|i| low[i] + share * (high[i] - low[i]));
        tidy(&mut row);
        Some(row)
    }

    /// The forecast by `model` of the step `lead` ahead.
    fn by(&self, model: &HorizonModel, history: &DemandHistory, lead: usize) -> Option<Quantiles> {
        let newest = model.newest().filter(|_| model.lead() == lead);
        newest.or_else(|| Some(model.quantiles(history, &self.now, &self.target(lead)?)))
    }
}

/// Steps of `step` seconds to forecast for a horizon of so many seconds.
pub(super) fn rows(horizon: Seconds, step: Seconds) -> usize {
    (horizon / step).max(4) as usize
}

/// Leads (in steps, from 1) that have a horizon model: dense at first, sparse later.
pub(super) fn leads(rows: usize) -> Vec<usize> {
    let dense = [1, 2, 3, 4, 6, 9, 12, 18, 27, 40, 60, 85, 120, 170, 240, 340, 480];
    let mut leads: Vec<usize> = dense.into_iter().filter(|l| *l < rows).collect();
    leads.push(rows);
    leads
}
