//! Metrics of each group.

use std::fmt;

use super::family::Families;
use crate::link::{ForecastLead, GroupRow, LeadForecast, LeadScore};

/// Quantiles that are exported: the median, and the one that the sample configuration provisions for.
const QUANTILES: [(f64, &str); 2] = [(0.5, "0.5"), (0.95, "0.95")];

/// One label, and those of a group's forecasts.
type Group<'a> = [(&'static str, &'a str); 1];
type Lead<'a> = [(&'static str, &'a str); 2];
type Quantile<'a> = [(&'static str, &'a str); 3];

/// Writes them for `groups`.
pub(super) fn write(to: &mut Families<'_>, groups: &[GroupRow]) -> fmt::Result {
    let modes = groups.iter().map(|row| ([("group", row.name.as_str()), ("mode", row.mode.name())], 1.0));
    to.gauges("mode", "1 for the mode that the group is in", modes)?;
    let sources = groups.iter().filter(|row| !row.source.is_empty());
    let sources = sources.map(|row| ([("group", row.name.as_str()), ("source", row.source.as_str())], 1.0));
    to.gauges("group_source", "1 for the source of the group, where there are several", sources)?;
    sizes(to, groups)?;
    let mut each = |name: &str, help: &str, value: fn(&GroupRow) -> Option<f64>| {
        to.gauges(name, help, groups.iter().filter_map(|row| Some((group(row), value(row)?))))
    };
    each("demand", "Newest demand, load per step", |row| row.demand)?;
    each("data_age_seconds", "Time since the newest demand that is known", |row| Some(row.data_age? as f64))?;
    each("lead_seconds", "Time until an instance ordered now serves, plus one cycle", |row| {
        Some(row.lead as f64)
    })?;
    let open = groups.iter().filter(|row| row.proposal.is_some()).map(|row| (group(row), 1.0));
    to.gauges("proposal_open", "1 while a proposal of the group waits for a person", open)?;
    let blocks = groups.iter().flat_map(|row| {
        row.blocked.iter().map(move |check| ([("group", row.name.as_str()), ("check", check.as_str())], 1.0))
    });
    to.gauges("blocked", "1 for each preflight check that stands against the newest plan", blocks)?;
    budgets(to, groups)?;
    forecasts(to, groups)
}

/// Of groups with an objective.
fn budgets(to: &mut Families<'_>, groups: &[GroupRow]) -> fmt::Result {
    let budgets = || groups.iter().filter_map(|row| Some((row, row.budget?)));
    let allowed = budgets().map(|(row, budget)| (group(row), budget.objective.allowed()));
    to.gauges(
        "objective_ratio",
        "Share that the objective allows: of minutes above the target, or of load",
        allowed,
    )?;
    let spent = budgets().map(|(row, budget)| (group(row), budget.spent));
    to.gauges(
        "error_budget_spent_ratio",
        "Share of the error budget of 30 days that the last 30 days spent",
        spent,
    )?;
    let rates = budgets().flat_map(|(row, budget)| {
        let windows = [("1h", budget.rates.0), ("1d", budget.rates.1)];
        windows.map(|(window, rate)| Some(([("group", row.name.as_str()), ("window", window)], rate?)))
    });
    let text = "Spent in the window, as a multiple of the rate that spends the budget in 30 days";
    to.gauges("error_budget_burn_rate", text, rates.flatten())?;
    let quantile = budgets().map(|(row, budget)| (group(row), budget.quantile));
    to.gauges(
        "objective_quantile",
        "Quantile of demand that is provisioned for to keep the objective",
        quantile,
    )
}

fn sizes(to: &mut Families<'_>, groups: &[GroupRow]) -> fmt::Result {
    let mut each = |name: &str, help: &str, value: fn(&GroupRow) -> Option<u32>| {
        to.gauges(name, help, groups.iter().filter_map(|row| Some((group(row), f64::from(value(row)?)))))
    };
    each("desired", "Desired capacity, instances", |row| Some(row.desired))?;
    each("in_service", "Instances that serve", |row| Some(row.in_service))?;
    each("pending", "Instances that were ordered and do not serve yet", |row| Some(row.pending))?;
    each("max", "MaxSize, instances", |row| Some(row.max))?;
    each("planned", "Instances that the newest plan wants, before preflight", |row| row.planned)
}

fn forecasts(to: &mut Families<'_>, groups: &[GroupRow]) -> fmt::Result {
    let ahead = || groups.iter().flat_map(|row| row.forecasts.iter().map(move |forecast| (row, forecast)));
    let scored = || ahead().filter_map(|(row, forecast)| Some((row, forecast.lead, score(row, forecast)?)));
    let quantiles = ahead().flat_map(|(row, forecast)| {
        at_levels(&forecast.quantiles).map(move |(label, value)| (quantile(row, forecast.lead, label), value))
    });
    to.gauges("forecast", "Forecast of demand, load per step, by lead and quantile", quantiles)?;
    let text = "WAPE of the median on about the last week, by lead: absolute errors as a share of the load";
    to.gauges("forecast_wape", text, scored().map(|(row, l, score)| (lead(row, l), score.wape)))?;
    let naive = scored().filter(|(_, l, _)| *l == ForecastLead::LeadTime);
    let naive = naive.map(|(row, _, score)| (group(row), score.naive_wape));
    to.gauges("forecast_naive_wape", "The same of the seasonal-naive forecast, at the lead time", naive)?;
    let covered = scored().filter_map(|(row, l, score)| {
        let (_, share) = at_levels(&score.held).find(|(label, _)| *label == "0.95")?;
        Some((lead(row, l), share))
    });
    let text = "Share of outcomes at or below the forecast's 0.95 quantile on about the last week, by lead";
    to.gauges("forecast_p95_coverage", text, covered)
}

/// How well forecasts of that lead did.
fn score<'a>(row: &'a GroupRow, forecast: &LeadForecast) -> Option<&'a LeadScore> {
    row.accuracy.iter().find(|score| score.ahead == forecast.ahead)
}

/// The exported ones of `pairs` of a level and its value.
fn at_levels(pairs: &[(f64, f64)]) -> impl Iterator<Item = (&'static str, f64)> {
    QUANTILES.into_iter().filter_map(|(level, label)| {
        let (_, value) = pairs.iter().find(|(l, _)| (l - level).abs() < 1e-9)?;
        Some((label, *value))
    })
}

fn group(row: &GroupRow) -> Group<'_> {
    [("group", row.name.as_str())]
}

fn lead(row: &GroupRow, lead: ForecastLead) -> Lead<'_> {
    [("group", row.name.as_str()), ("lead", lead.name())]
}

fn quantile<'a>(row: &'a GroupRow, lead: ForecastLead, label: &'a str) -> Quantile<'a> {
    [("group", row.name.as_str()), ("lead", lead.name()), ("quantile", label)]
}
