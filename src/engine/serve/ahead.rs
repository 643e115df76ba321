//! Forecasts of the fleet's rows, and how well those so far ahead did.

use std::collections::BTreeSet;

use crate::{
    domain::{Seconds, Time, forecast::LEVELS, shift},
    engine::group::runtime::GroupRuntime,
    forecast::score::RollingScore,
    link::{ForecastLead, LeadForecast, LeadMix, LeadScore},
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

/// What a group's forecasts are mixed of, by lead; those leads that are scored. The first that reaches as far as plans look,
/// or the last, also has the last days.
pub(super) fn mixes(group: &GroupRuntime) -> Vec<LeadMix> {
    let scored = group.forecasters.scores().map(|(lead, score)| (lead, score.rounds() > FEWEST));
    let scored: BTreeSet<usize> = scored.filter(|(_, is)| *is).map(|(lead, _)| lead).collect();
    let shares = group.forecasters.shares().iter().filter(|(lead, _)| scored.contains(lead));
    let seconds = |lead: usize| lead as Seconds * group.options.step;
    let planned = scored.iter().find(|lead| seconds(**lead) >= planned_ahead(group)).or(scored.last());
    let mix = |(lead, shares): &(usize, Vec<(&'static str, f64)>)| LeadMix {
        ahead: seconds(*lead),
        weights: shares.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect(),
        days: if planned == Some(lead) { last_days(group, *lead) } else { Vec::new() },
    };
    shares.map(mix).collect()
}

/// Seconds that plans look ahead.
fn planned_ahead(group: &GroupRuntime) -> Seconds {
    group.lead.0 + group.options.settings.cycle
}

/// The weights of `lead` at the end of each of the last days, to a thousandth.
fn last_days(group: &GroupRuntime, lead: usize) -> Vec<(Time, Vec<f64>)> {
    let short = |weight: &f32| (1_000.0 * f64::from(*weight)).round() / 1_000.0;
    let days = group.forecasters.daily_weights().of(lead);
    days.map(|(day, weights)| (day, weights.iter().map(short).collect())).collect()
}

/// The newest forecast at the lead time and at an hour, each at the nearest lead from there on that is scored, so that
/// forecast and score speak of the same steps.
pub(super) fn forecasts(group: &GroupRuntime, now: Time) -> Vec<LeadForecast> {
    let Some(forecast) = &group.forecast else { return Vec::new() };
    let step = group.options.step;
    let lead = planned_ahead(group);
    let row = |(which, seconds): (ForecastLead, Seconds)| {
        let mut scored = group.forecasters.scores().map(|(lead, _)| lead as Seconds * step);
        let ahead =
            scored.find(|ahead| *ahead >= seconds).unwrap_or_else(|| (seconds + step - 1) / step * step);
        let quantiles = forecast.at(shift(now, ahead - 1))?;
        Some(LeadForecast { lead: which, ahead, quantiles: LEVELS.into_iter().zip(*quantiles).collect() })
    };
    [(ForecastLead::LeadTime, lead), (ForecastLead::Hour, HOUR)].into_iter().filter_map(row).collect()
}
