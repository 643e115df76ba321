//! A plan's inputs.

use super::{event, event_again, within_bounds};
use crate::{
    domain::{
        Seconds, Time, at_epoch,
        event::Event,
        forecast::{Forecast, LEVELS, MEDIAN, Quantiles},
        group::{GroupState, Instance, Lifecycle, WarmPool},
        inputs::{DipInputs, ForecastInputs, PlanInputs, SettingsInputs, SizeInputs},
        plan::Plan,
        reading::Reading,
        series::Series,
        shift,
    },
    plan::{PlanContext, Policy, Settings, lead, policies::aws_predictive, upstream_dip::UpstreamDip},
};

/// Steps before those that are looked at that a record may speak of; a forecast reaches two hours.
const MOST_SKIPPED: usize = 1_000;

/// What [`lead::plan`] looks at, with the lead time out of the warm pool.
pub fn plan_inputs(context: &PlanContext<'_>, warm: Option<Seconds>) -> PlanInputs {
    let group = context.group;
    PlanInputs {
        between_cycles: !context.cycle_due,
        group: SizeInputs {
            min: group.min,
            max: group.max,
            desired: group.desired,
            in_service: group.in_service(),
            warm_pool: Some(lead::pooled(group)).filter(|size| *size > 0),
        },
        forecast: context
            .forecast
            .filter(|_| context.settings.policy.forecasts())
            .map(|f| forecast(f, context)),
        load: context.load,
        cpu: if context.settings.policy.forecasts() { Vec::new() } else { context.cpu.to_vec() },
        hours: hours(context, warm),
        capacity: context.capacity,
        lead: context.lead,
        warm,
        events: context.events.iter().map(event).collect(),
        recent_most: context.recent_most,
        saturated: context.saturated,
        dip: context.dip.map(|dip| DipInputs {
            since: dip.since,
            until: dip.until,
            lowest: dip.lowest,
            season: dip.season,
        }),
        settings: settings(context.settings),
        notes: Vec::new(),
    }
}

/// `plan` of the group `name` as it follows from `inputs`. Taken from it as they are: its moment, and the name of the model.
///
/// # Errors
/// Why nothing can be computed from them.
pub fn plan_again(name: &str, plan: &Plan, inputs: &PlanInputs) -> Result<Option<Plan>, String> {
    let plan =
        looked_at(name, plan, inputs, |context, warm| lead::plan(context.settings.policy, context, warm))?;
    Ok(plan.map(|mut plan| {
        plan.reasons.extend(inputs.notes.iter().cloned());
        plan
    }))
}

/// Hands `work` what `plan` of the group `name` looked at by its `inputs`, and the lead time out of the warm pool.
///
/// # Errors
/// Why nothing can be computed from them.
pub(in crate::plan) fn looked_at<T>(
    name: &str,
    plan: &Plan,
    inputs: &PlanInputs,
    work: impl FnOnce(&PlanContext<'_>, Option<Seconds>) -> T,
) -> Result<T, String> {
    let (at, model) = (plan.at, plan.basis.as_ref().map_or("", |basis| basis.model.as_str()));
    let settings = settings_again(&inputs.settings)?;
    let SizeInputs { min, max, desired, in_service, warm_pool } = inputs.group;
    let sizes = [Some(min), Some(max), Some(desired), Some(in_service), warm_pool, inputs.recent_most];
    let sizes: Vec<u64> = sizes.into_iter().flatten().map(u64::from).collect();
    within_bounds(&[inputs.lead, inputs.warm.unwrap_or(0), settings.cycle, settings.hold], &sizes)?;
    let forecast = inputs.forecast.as_ref().map(|f| forecast_again(f, model, settings.risk)).transpose()?;
    let events: Vec<Event> = inputs.events.iter().map(event_again).collect();
    let dip = inputs.dip.map(|d| UpstreamDip {
        since: d.since,
        until: d.until,
        lowest: d.lowest,
        season: d.season,
    });
    let (group, history) = (group_again(name, at, &inputs.group), history_again(&inputs.hours)?);
    let context = PlanContext {
        now: at,
        cycle_due: !inputs.between_cycles,
        group: &group,
        forecast: forecast.as_ref(),
        load: inputs.load,
        cpu: &inputs.cpu,
        history: &history,
        capacity: inputs.capacity,
        lead: inputs.lead,
        events: &events,
        recent_most: inputs.recent_most,
        saturated: inputs.saturated,
        dip,
        settings: &settings,
    };
    Ok(work(&context, inputs.warm))
}

/// The hours of earlier days that `aws-predictive` looks at; the other policies look at none.
fn hours(context: &PlanContext<'_>, warm: Option<Seconds>) -> Vec<(i64, f64)> {
    if context.settings.policy != Policy::AwsPredictive {
        return Vec::new();
    }
    let leads = [Some(context.lead), warm].into_iter().flatten();
    let of = |lead| aws_predictive::remembered(context.history, context.now, lead);
    let mut hours: Vec<(i64, f64)> =
        leads.flat_map(of).map(|(time, load)| (time.timestamp(), load)).collect();
    hours.sort_by_key(|(time, _)| *time);
    hours.dedup_by_key(|(time, _)| *time);
    hours
}

/// Longest time between two hours of a record, in hours: `aws-predictive` looks ahead a lead time of a day at the most.
const HOURS: i64 = 24 * 30;

fn history_again(hours: &[(i64, f64)]) -> Result<Series, String> {
    let mut history = Series::new(at_epoch(hours.first().map_or(0, |(time, _)| *time)), 3_600);
    for (time, load) in hours {
        let time = at_epoch(*time);
        let within = (0..=HOURS).contains(&((time - history.start()).num_seconds() / 3_600));
        if !within || !history.insert(time, *load) {
            return Err("its hours of earlier days lie too far apart".into());
        }
    }
    Ok(history)
}

/// The steps of `forecast` that a plan may look at, from the first that it could (the rule `threshold` reads the first of all).
fn forecast(forecast: &Forecast, context: &PlanContext<'_>) -> ForecastInputs {
    let settings = context.settings;
    let ahead = context.lead + settings.cycle;
    let until = shift(context.now.max(forecast.origin), ahead).max(shift(context.now, context.lead + 60));
    let step_of = |time: Time| {
        let middle = (time - forecast.first).num_seconds() as f64 / forecast.step as f64 - 0.5;
        middle.floor().max(0.0) as usize
    };
    let last = forecast.rows.len().saturating_sub(1);
    let skipped = if settings.policy == Policy::Threshold { 0 } else { step_of(context.now).min(last) };
    let end = (step_of(until) + 2).min(forecast.rows.len());
    let (low, high) = beside(settings.risk);
    let rows = forecast.rows.get(skipped..end).unwrap_or_default();
    ForecastInputs {
        origin: forecast.origin,
        first: forecast.first,
        step: forecast.step,
        skipped,
        medians: rows.iter().take(2).map(|row| row[MEDIAN]).collect(),
        rows: rows.iter().map(|row| [row[low], row[high]]).collect(),
    }
}

/// The levels beside the quantile `risk`, by their index.
fn beside(risk: f64) -> (usize, usize) {
    let high = LEVELS.partition_point(|level| *level < risk).clamp(1, LEVELS.len() - 1);
    (high - 1, high)
}

/// The forecast as far as it was kept; the quantiles that were not are those beside them.
fn forecast_again(inputs: &ForecastInputs, model: &str, risk: f64) -> Result<Forecast, String> {
    if inputs.step < 1 || inputs.skipped > MOST_SKIPPED {
        return Err("its forecast is none".into());
    }
    let (low, high) = beside(risk);
    let row = |(at, [below, above]): (usize, &[f64; 2])| -> Quantiles {
        let mut row: Quantiles = std::array::from_fn(|i| if i < high { *below } else { *above });
        if let Some(median) = inputs.medians.get(at) {
            row[..=MEDIAN].fill(*median);
        }
        (row[low], row[high]) = (*below, *above);
        row
    };
    let kept: Vec<Quantiles> = inputs.rows.iter().enumerate().map(row).collect();
    let before = kept.first().map(|first| vec![*first; inputs.skipped]).unwrap_or_default();
    Ok(Forecast {
        origin: inputs.origin,
        step: inputs.step,
        model: model.to_owned(),
        rows: before.into_iter().chain(kept).collect(),
        first: inputs.first,
    })
}

/// A group of these sizes; what a policy does not look at is empty.
fn group_again(name: &str, at: Time, sizes: &SizeInputs) -> GroupState {
    let serving = Instance {
        id: String::new(),
        lifecycle: Lifecycle::InService,
        healthy: true,
        registering: false,
        protected: false,
        weight: sizes.in_service,
        zone: String::new(),
        instance_type: None,
    };
    GroupState {
        name: name.to_owned(),
        seen_at: at,
        min: sizes.min,
        max: sizes.max,
        desired: sizes.desired,
        instances: vec![serving],
        activities: Reading::default(),
        suspended: Vec::new(),
        policies: Reading::default(),
        refresh: Reading::default(),
        cooldown: 0,
        schedules: Reading::default(),
        target_health: Reading::default(),
        warm_pool: sizes.warm_pool.map(|size| WarmPool { size: Some(size), deleting: false }),
        rebalances: false,
        owner: None,
        tag: None,
    }
}

fn settings(settings: &Settings) -> SettingsInputs {
    SettingsInputs {
        policy: settings.policy.name().into(),
        risk: settings.risk,
        objective: settings.objective,
        target: settings.target,
        reactive_target: settings.reactive_target,
        tracking_target: settings.tracking_target,
        hold: settings.hold,
        threshold_up: settings.threshold_up,
        threshold_down: settings.threshold_down,
        cycle: settings.cycle,
    }
}

fn settings_again(inputs: &SettingsInputs) -> Result<Settings, String> {
    let policy = Policy::ALL.iter().find(|policy| policy.name() == inputs.policy);
    Ok(Settings {
        policy: *policy.ok_or_else(|| format!("its policy “{}” is not known here", inputs.policy))?,
        risk: inputs.risk,
        objective: inputs.objective,
        target: inputs.target,
        reactive_target: inputs.reactive_target,
        tracking_target: inputs.tracking_target,
        hold: inputs.hold,
        threshold_up: inputs.threshold_up,
        threshold_down: inputs.threshold_down,
        cycle: inputs.cycle,
    })
}
