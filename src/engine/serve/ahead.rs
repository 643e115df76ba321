//! Forecasts of the fleet's rows, and how well those so far ahead did.

use crate::{
    domain::{Seconds, Time, forecast::LEVELS, shift},
    engine::group::runtime::GroupRuntime,
    forecast::score::RollingScore,
    link::{ForecastLead, LeadForecast, LeadScore},
};

/// Outcomes that a score needs before it is shown.
const FEWEST: f64 = 10.0;
const HOUR: Seconds = 3_600;

/// Accuracy of a group's forecasts, by lead; empty while there are too few.
pub(super) fn accuracy(group: &GroupRuntime) -> Vec<LeadScore> {
    let scored = group.forecasters.scores().filter(|(_, score)| score.rounds() > FEWEST);
    let row = |(lead, score): (usize, &RollingScore)| LeadScore {
        ahead: lead as Seconds * group.options.step,
        wape: score.wape(),
        naive_wape: score.seasonal_wape(),
        last_wape: score.last_wape(),
        lately: score.recent_wape(),
        held: LEVELS.into_iter().zip(score.held()).collect(),
    };
    scored.map(row).collect()
}

/// The newest forecast at the lead time and at an hour, each at the nearest lead from there on that is scored, so that
/// forecast and score speak of the same steps.
pub(super) fn forecasts(group: &GroupRuntime, now: Time) -> Vec<LeadForecast> {
    let Some(forecast) = &group.forecast else { return Vec::new() };
    let step = group.options.step;
    let lead = group.lead.0 + group.options.settings.cycle;
    let row = |(which, seconds): (ForecastLead, Seconds)| {
        let mut scored = group.forecasters.scores().map(|(lead, _)| lead as Seconds * step);
        let ahead =
            scored.find(|ahead| *ahead >= seconds).unwrap_or_else(|| (seconds + step - 1) / step * step);
        let quantiles = forecast.at(shift(now, ahead - 1))?;
        Some(LeadForecast { lead: which, ahead, quantiles: LEVELS.into_iter().zip(*quantiles).collect() })
    };
    [(ForecastLead::LeadTime, lead), (ForecastLead::Hour, HOUR)].into_iter().filter_map(row).collect()
}
