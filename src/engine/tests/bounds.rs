//! What a console may ask for, what a damaged model does, and that the history does not grow for ever.

use std::fs;

use super::{GROUP, ask, engine, live, options_of, simulator, start, store};
use crate::{
    domain::{at_epoch, decision::Mode, journal::JournalKind, keep::Keep, metric::Metric, shift},
    engine::{
        clock::Clock,
        options::{CloudAccess, EngineOptions, GroupOptions},
        *,
    },
    link::{Command, ForecastOverlay, Viewport},
};

#[test]
fn absurd_viewports_are_cut_to_those_of_a_screen() {
    let simulator = simulator();
    let (mut engine, _) = engine(&simulator, Mode::Observe, store(), start());
    live(&mut engine, 10);
    let usual = Viewport { group: Some(GROUP.into()), ..Viewport::default() };
    let absurd = [
        Viewport { ahead: -1, ..usual.clone() },
        Viewport { past: i64::MAX, ahead: i64::MAX, points: usize::MAX, ..usual.clone() },
        Viewport { past: i64::MIN, ahead: i64::MIN, points: 0, ..usual.clone() },
        Viewport { until: Some(at_epoch(i64::MAX)), ..usual.clone() },
        Viewport {
            until: Some(at_epoch(i64::MIN)),
            overlay: ForecastOverlay::Before(i64::MAX),
            ..usual.clone()
        },
        Viewport { ahead: 10_000_000_000, points: 100_000_000, decision: Some(i64::MAX), ..usual },
    ];
    for viewport in absurd {
        let asked = format!("{viewport:?}");
        ask(&mut engine, Command::Show(viewport)).expect("it is cut, not refused");
        let view = engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable");
        let detail = view.detail.expect("the group is there");
        assert!((detail.until - detail.from).num_days() <= 38, "{asked}");
        let longest = detail.charts.iter().flat_map(|c| &c.lines).map(|line| line.series.len()).max();
        assert!(longest.is_some_and(|points| points <= 2 * 4_000 + 4), "{asked}: {longest:?}");
    }
}

#[test]
fn a_damaged_model_is_said_and_the_group_goes_on_without_it() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("models").join(GROUP);
    fs::create_dir_all(folder.join("20261123T000000Z")).expect("the folder is ours");
    let champion = r#"{"live":"20261123T000000Z","before":null}"#;
    fs::write(folder.join("champion.json"), champion).expect("the folder is ours");
    fs::write(folder.join("20261123T000000Z/manifest.json"), "{").expect("the folder is ours");
    let (simulator, group) = (simulator(), GroupOptions::default());
    let writer = simulator.clone();
    let world = CloudAccess {
        source: Box::new(simulator.source()),
        scaler: Box::new(move |_| Box::new(writer.scaler())),
        simulator: Some(simulator),
    };
    let options = EngineOptions { models: Some(home.path().join("models")), ..options_of(group, start()) };
    let mut engine = Engine::new(options, world, store()).expect("a fresh store");
    live(&mut engine, 6);
    let lines = engine.store().journal(100, None).expect("readable");
    let said: Vec<_> = lines.iter().filter(|line| line.kind == JournalKind::Model).collect();
    assert!(
        matches!(&said[..], [one] if one.text.contains("was not loaded") && one.text.contains("manifest.json")),
        "{said:?}"
    );
    assert!(engine.groups()[0].forecast.is_some(), "it forecasts without it");
}

#[test]
fn old_minutes_and_forecasts_go_and_demand_stays() {
    let simulator = simulator();
    let (engine, _) = engine(&simulator, Mode::Observe, store(), start());
    let mut engine = engine.keeping(Keep { minute_days: 4, forecast_days: 2, ..Keep::default() });
    live(&mut engine, 30);
    let (from, now) = (at_epoch(0), engine.now());
    let count = |engine: &Engine, metric, step| {
        engine.store().load(GROUP, metric, step, from, now).expect("readable").known().count()
    };
    let forecasts = |engine: &Engine| engine.store().forecasts(GROUP, from, now).expect("readable").len();
    let demand = count(&engine, Metric::Demand, 300);
    assert!(count(&engine, Metric::Cpu, 60) > 0 && demand > 0 && forecasts(&engine) > 0);
    engine.tidy(now).expect("writable");
    assert!(count(&engine, Metric::Cpu, 60) > 0, "nothing is old yet");
    for hour in 0..48 {
        engine.tidy(shift(now, 5 * 86_400 + 3_600 * hour)).expect("writable");
    }
    assert_eq!((count(&engine, Metric::Cpu, 60), forecasts(&engine)), (0, 0));
    assert_eq!(count(&engine, Metric::Demand, 300), demand);
    assert!(!engine.store().forecast_scores(GROUP).expect("readable").is_empty(), "their scores remain");
}
