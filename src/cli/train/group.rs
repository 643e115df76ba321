//! `prescale train --group`: a challenger from a group's stored history.

use std::{
    ops::ControlFlow,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use chrono_tz::Tz;
use serde_json::json;

use super::{TrainArgs, end_line, show};
use crate::{
    agent::assemble::training,
    backtest::history,
    calendar::holidays,
    cli::{Failure, Global, announced::of_calendar, print, print_json},
    config::Config,
    engine::{
        group::{Memory, memory::ExcludedTime, training_data::training_series},
        jobs::training::{Challenge, Stopped, Trained},
    },
    forecast::registry::Registry,
    store::{Store, StoreError, keys},
};

/// Trains, scores and saves one challenger; it serves if it has won.
pub(super) fn run(global: &Global, group: &str, options: &TrainArgs) -> Result<(), Failure> {
    let challenge = challenge(global, group, options)?;
    let began = Instant::now();
    let mut tell = |epoch| {
        show(0, epoch);
        ControlFlow::Continue(())
    };
    let trained =
        challenge.train(&Arc::new(AtomicBool::new(false)), &mut tell).map_err(|stopped| match stopped {
            Stopped::Failed(why) => Failure::Usage(format!("{group}: {why}")),
            Stopped::Cancelled => Failure::Failed(stopped.to_string()),
        })?;
    let seconds = began.elapsed().as_secs_f64();
    end_line();
    let Trained { version, scores, promoted, words } = trained;
    if global.json {
        return print_json(&json!({"group": group, "version": version, "promoted": promoted, "why": words,
                                  "seconds": seconds, "scores": scores}));
    }
    print(&format!(
        "{group}: version {version} trained in {seconds:.1} s; {words} ({} forecasts)\n{}",
        scores.count,
        if promoted { "it goes into service at the next start of the agent or console\n" } else { "" }
    ))
}

fn challenge(global: &Global, group: &str, options: &TrainArgs) -> Result<Challenge, Failure> {
    let config = Config::load(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    let known = history(&config.database(), group, &config.group(group).demand)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    let series = known.trace.series;
    let span = (series.start(), series.known_until());
    let zone = config.timezone.unwrap_or(Tz::UTC);
    let mut events = of_calendar(&config.calendar(), group, span)?;
    events.extend(config.holidays.iter().flat_map(|country| holidays(*country, zone, span.0, span.1)));
    let store = Store::read_only(&config.database()).map_err(|e| Failure::Failed(e.to_string()))?;
    let failed = |e: StoreError| Failure::Failed(e.to_string());
    let mut found: Vec<ExcludedTime> =
        store.get(&keys::incidents(group)).map_err(failed)?.unwrap_or_default();
    let memory: Option<Memory> = store.get(&keys::memory(group)).map_err(failed)?;
    found.extend(memory.unwrap_or_default().set_aside);
    let history = training_series(&found, &series, &events);
    let mut training = training(&config);
    training.seed = options.seed.unwrap_or(training.seed);
    training.epochs = options.epochs.map_or(training.epochs, usize::from);
    training.backend = options.backend.unwrap_or(training.backend);
    Ok(Challenge {
        group: group.to_owned(),
        history,
        events,
        zone,
        now: span.1,
        registry: Registry::new(config.models()),
        options: training,
    })
}
