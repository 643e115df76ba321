//! Promises of what is thought of: it is computed from what is recorded, and nothing follows from it.

use super::*;
use crate::{
    domain::{
        file_draft::{FileDraft, SettingsDraft},
        metric::Metric,
        objective::Objective,
        what_if::{ExtraLoad, WhatIf},
    },
    files::FileStamp,
    link::{ChartKind, GroupDetail, LineRole, Viewport, WhatIfView},
};

/// The group in detail, with what would come of `what_if`.
fn shown(engine: &mut Engine, what_if: WhatIf) -> GroupDetail {
    let viewport = Viewport { group: Some(GROUP.into()), what_if: Some(what_if), ..Viewport::default() };
    ask(engine, Command::Show(viewport)).expect("it is shown");
    engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable").detail.expect("the only group")
}

fn thought(engine: &mut Engine, what_if: WhatIf) -> WhatIfView {
    *shown(engine, what_if).what_if.expect("it was asked for")
}

fn bold() -> WhatIf {
    WhatIf { risk: Some(0.5), ..WhatIf::default() }
}

/// Many thoughts at `now`.
fn thoughts(now: Time) -> Vec<WhatIf> {
    let event = ExtraLoad { start: shift(now, 900), length: 3_600, multiplier: 3.0 };
    let kept = Objective::MinutesAbove(0.001);
    vec![
        WhatIf::default(),
        bold(),
        WhatIf { target: Some(0.5), boot: Some(1_200), ..WhatIf::default() },
        WhatIf { min: Some(9), max: Some(9), ..WhatIf::default() },
        WhatIf { event: Some(event), ..WhatIf::default() },
        WhatIf { objective: Some(kept), ..WhatIf::default() },
        WhatIf { risk: Some(f64::NAN), boot: Some(i64::MIN), max: Some(u32::MAX), ..WhatIf::default() },
    ]
}

#[test]
fn nothing_follows_from_what_is_thought_of() {
    let run = |thinks: bool| {
        let world = simulator();
        let (mut engine, _) = engine(&world, Mode::Auto, store(), start());
        let mut steps = Vec::new();
        for minute in 0..400 {
            steps.extend(live(&mut engine, 1));
            if thinks && minute % 40 == 0 {
                let now = engine.now();
                thoughts(now).into_iter().for_each(|what_if| drop(thought(&mut engine, what_if)));
            }
        }
        let (from, until) = (start(), shift(engine.now(), 60));
        let kept = engine.store();
        let samples = Metric::ALL.map(|metric| kept.load(GROUP, metric, 60, from, until).expect("readable"));
        let forecasts = kept.forecasts(GROUP, from, until).expect("readable");
        let journal = kept.journal(500, None).expect("readable");
        let group = &engine.groups[0];
        let state = (group.memory.clone(), group.options.clone(), group.plan.clone(), group.state.clone());
        (steps, samples, forecasts, journal, state, kept.size())
    };
    let (with, without) = (run(true), run(false));
    assert!(without.0.iter().filter(|step| step.decision.stage == Stage::Applied).count() > 5);
    assert_eq!(with.0, without.0, "the decisions");
    assert_eq!((with.1, with.2, with.3), (without.1, without.2, without.3), "the store and the journal");
    assert_eq!(with.4, without.4, "what the group remembers");
    assert_eq!(with.5, without.5, "the size of the store");
}

#[test]
fn a_thought_is_compared_with_what_is_by_one_computation() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Observe, store(), start());
    live(&mut engine, 400);
    let same = thought(&mut engine, WhatIf::default());
    let (ahead, days) = (same.ahead.expect("there is a plan"), same.days.expect("forecasts are kept"));
    assert_eq!((&ahead.then, days.then), (&ahead.now, days.now), "{:?}", same.problems);
    let plan = engine.groups[0].plan.as_ref().expect("it plans").0.clone();
    assert_eq!(ahead.now.want, plan.want);
    let minutes = (engine.now() - days.now.since).num_seconds() as f64 / 60.0;
    assert!(days.now.minutes > 380.0 && days.now.minutes <= minutes, "{days:?}");

    let view = thought(&mut engine, bold());
    let terms = view.terms.expect("there is a plan");
    assert_eq!((terms.now.risk, terms.then.risk), (0.95, 0.5));
    let (ahead, days) = (view.ahead.expect("there is a plan"), view.days.expect("forecasts are kept"));
    assert!(
        ahead.then.want <= ahead.now.want && ahead.then.side.instance_hours <= ahead.now.side.instance_hours
    );
    assert!(days.then.side.instance_hours < days.now.side.instance_hours, "{days:?}");
    assert!(ahead.then.side.above >= ahead.now.side.above, "{ahead:?}");
}

#[test]
fn the_charts_show_what_is_thought_of_and_what_cannot_be_computed_is_said() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Observe, store(), start());
    live(&mut engine, 30);
    let now = engine.now();
    let event = ExtraLoad { start: now, length: 7_200, multiplier: 2.0 };
    let detail = shown(&mut engine, WhatIf { event: Some(event), ..WhatIf::default() });
    let line = |kind, label: &str| {
        let chart = detail.charts.iter().find(|chart| chart.kind == kind).expect("a chart");
        chart.lines.iter().find(|line| line.label == label).expect("a line").clone()
    };
    let (now_planned, then) =
        (line(ChartKind::Instances, "planned now"), line(ChartKind::Instances, "planned, what if"));
    assert!(then.newest > now_planned.newest, "{then:?} {now_planned:?}");
    let raised = line(ChartKind::Demand, "with the event");
    let usual =
        detail.charts[0].lines.iter().find(|line| line.role == LineRole::Predicted).expect("a forecast");
    let at = shift(now, 1_800);
    assert_eq!(raised.series.at(at), usual.series.at(at).map(|median| 2.0 * median));

    engine.groups[0].plan = None;
    let view = thought(&mut engine, bold());
    assert_eq!((view.problems, view.ahead.is_none()), (vec!["there is no plan yet".to_owned()], true));
}

/// A configuration of one number, the quantile of every group.
struct Number(std::sync::Arc<std::sync::Mutex<f64>>);

impl Number {
    fn value(&self) -> f64 {
        *self.0.lock().expect("nobody panics with it")
    }
}

impl ConfigSource for Number {
    fn reload(&mut self) -> Result<Reloaded, String> {
        let mut options = GroupOptions::default();
        options.settings.risk = self.value();
        let keep = crate::domain::keep::Keep::default();
        Ok(Reloaded { group: Box::new(move |_| options.clone()), keep, at_restart: Vec::new() })
    }

    fn stamp(&self) -> Option<FileStamp> {
        None
    }

    fn draft(&self, _: &str, what_if: &WhatIf) -> Result<SettingsDraft, String> {
        let file = what_if.risk.map(|risk| FileDraft {
            path: "prescale.toml".into(),
            base: self.value().to_string(),
            before: format!("# ours\nrisk = {}\n", self.value()),
            after: format!("# ours\nrisk = {risk}\n"),
        });
        let keys = [what_if.risk.map(|_| "risk"), what_if.boot.map(|_| "lead_seconds")];
        let keys = keys.into_iter().flatten().collect();
        Ok(SettingsDraft { file, keys, left_out: Vec::new() })
    }

    fn write(&mut self, _: &str, what_if: &WhatIf, base: &str) -> Result<(), String> {
        assert_eq!(base, self.value().to_string(), "it was compared before");
        *self.0.lock().expect("nobody panics with it") = what_if.risk.ok_or("nothing to write")?;
        Ok(())
    }
}

#[test]
fn without_a_file_of_settings_they_are_said_to_be_left_out_beside_an_event() {
    let (mut engine, _) = engine(&simulator(), Mode::Observe, store(), start());
    live(&mut engine, 30);
    let event = ExtraLoad { start: shift(engine.now(), 86_400), length: 3_600, multiplier: 2.5 };
    let what_if = WhatIf { event: Some(event), ..bold() };
    let view = thought(&mut engine, what_if);
    let left_out =
        |view: &WhatIfView| view.unwritten.iter().any(|why| why.contains("without a configuration"));
    assert!(left_out(&view), "{view:?}");
    let view = thought(&mut engine, WhatIf { event: Some(event), ..WhatIf::default() });
    assert!(!left_out(&view), "an event is no setting: {view:?}");
}

#[test]
fn what_is_written_is_what_was_seen_and_is_in_force_at_once() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let calendar = home.path().join("calendar.toml");
    std::fs::write(&calendar, "timezone = \"UTC\" # ours\n").expect("the folder is ours");
    let (world, number) = (simulator(), std::sync::Arc::new(std::sync::Mutex::new(0.95)));
    let source = CloudAccess {
        source: Box::new(world.source()),
        scaler: Box::new(|_| unreachable!("it observes")),
        simulator: Some(world.clone()),
    };
    let options =
        EngineOptions { calendar: Some(calendar.clone()), ..options_of(GroupOptions::default(), start()) };
    let mut engine = Engine::new(options, source, store()).expect("a fresh store");
    engine.reload_from(Box::new(Number(number.clone())));
    live(&mut engine, 30);
    let event = ExtraLoad { start: shift(engine.now(), 86_400), length: 3_600, multiplier: 2.5 };
    let what_if = WhatIf { event: Some(event), min: Some(3), boot: Some(60), ..bold() };
    let view = thought(&mut engine, what_if);
    assert_eq!(view.files[0].lines, ["  # ours", "- risk = 0.95", "+ risk = 0.5"]);
    assert!(view.files[1].lines.iter().any(|line| line == "+ multiplier = 2.5"), "{:?}", view.files);
    assert!(view.unwritten[0].contains("-group-name web --min-size 3"), "{:?}", view.unwritten);
    // What is written is not among what is not.
    assert!(view.unwritten.len() == 1 && view.notes[0].starts_with("lead_seconds takes"), "{view:?}");
    let bases: Vec<_> = view.files.iter().map(|file| (file.path.clone(), file.base.clone())).collect();
    let adopt = |bases| Command::Adopt { group: GROUP.into(), what_if, bases };

    std::fs::write(&calendar, "timezone = \"UTC\" # ours, and more\n").expect("the folder is ours");
    live(&mut engine, 1);
    let why = ask(&mut engine, adopt(bases.clone())).expect_err("the calendar is another");
    assert!(why.contains("changed since") && *number.lock().expect("free") == 0.95, "{why}");

    let view = thought(&mut engine, what_if);
    let bases = view.files.iter().map(|file| (file.path.clone(), file.base.clone())).collect();
    let said = ask(&mut engine, adopt(bases)).expect("it is as it was seen");
    assert!(said.starts_with("configuration reloaded: web changed; ") && said.ends_with("added"), "{said}");
    assert_eq!(engine.groups[0].options.settings.risk, 0.5);
    let text = std::fs::read_to_string(&calendar).expect("it is there");
    assert!(
        text.starts_with("timezone = \"UTC\" # ours, and more\n") && text.contains("groups = [\"web\"]"),
        "{text}"
    );
    assert!(engine.calendar.concerning(GROUP).iter().any(|e| e.start == event.start && e.end == event.end()));
    let kinds = kinds(&engine);
    assert!(kinds.contains(&JournalKind::Calendar) && kinds.contains(&JournalKind::Config), "{kinds:?}");

    let mut engine = engine.read_only();
    assert!(ask(&mut engine, adopt(Vec::new())).is_err_and(|why| why.contains("read-only")));
    thought(&mut engine, bold());
}

#[test]
fn a_configuration_that_is_refused_leaves_the_calendar_alone() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let calendar = home.path().join("calendar.toml");
    std::fs::write(&calendar, "timezone = \"UTC\"\n").expect("the folder is ours");
    let options =
        EngineOptions { calendar: Some(calendar.clone()), ..options_of(GroupOptions::default(), start()) };
    let world = simulator();
    let source = CloudAccess {
        source: Box::new(world.source()),
        scaler: Box::new(|_| unreachable!("it observes")),
        simulator: Some(world.clone()),
    };
    let mut engine = Engine::new(options, source, store()).expect("a fresh store");
    let drafts = std::sync::Arc::default();
    engine.reload_from(Box::new(Stuck(drafts, calendar.clone())));
    live(&mut engine, 30);
    let event = ExtraLoad { start: shift(engine.now(), 86_400), length: 3_600, multiplier: 2.5 };
    let what_if = WhatIf { event: Some(event), ..bold() };
    let bases = thought(&mut engine, what_if).files.into_iter().map(|file| (file.path, file.base)).collect();
    let why = ask(&mut engine, Command::Adopt { group: GROUP.into(), what_if, bases }).expect_err("refused");
    assert_eq!(why, "it is stuck");
    assert_eq!(std::fs::read_to_string(&calendar).expect("it is there"), "timezone = \"UTC\"\n");
}

/// A configuration that cannot be written, how often it was drafted, and the file by which it is known.
struct Stuck(std::sync::Arc<std::sync::atomic::AtomicUsize>, std::path::PathBuf);

impl ConfigSource for Stuck {
    fn reload(&mut self) -> Result<Reloaded, String> {
        let keep = crate::domain::keep::Keep::default();
        Ok(Reloaded { group: Box::new(|_| GroupOptions::default()), keep, at_restart: Vec::new() })
    }

    fn stamp(&self) -> Option<FileStamp> {
        FileStamp::of(&self.1)
    }

    fn draft(&self, _: &str, _: &WhatIf) -> Result<SettingsDraft, String> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let [path, base, before, after] = ["prescale.toml", "f00d", "", "risk = 0.5"].map(str::to_owned);
        let file = Some(FileDraft { path, base, before, after });
        Ok(SettingsDraft { file, keys: vec!["risk"], left_out: Vec::new() })
    }

    fn write(&mut self, _: &str, _: &WhatIf, _: &str) -> Result<(), String> {
        Err("it is stuck".into())
    }
}

#[test]
fn files_are_drafted_again_only_for_another_thought_another_file_and_what_was_reloaded() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let file = home.path().join("prescale.toml");
    std::fs::write(&file, "").expect("the folder is ours");
    let (mut engine, _) = engine(&simulator(), Mode::Observe, store(), start());
    let drafts = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    engine.reload_from(Box::new(Stuck(drafts.clone(), file.clone())));
    live(&mut engine, 30);
    let after = |what_if, engine: &mut Engine| {
        (0..3).for_each(|_| assert_eq!(thought(engine, what_if).files.len(), 1));
        drafts.load(std::sync::atomic::Ordering::Relaxed)
    };
    assert_eq!(after(bold(), &mut engine), 1);
    assert_eq!(after(WhatIf { risk: Some(0.6), ..WhatIf::default() }, &mut engine), 2);
    assert_eq!(after(bold(), &mut engine), 2);
    std::fs::write(&file, "# another\n").expect("the folder is ours");
    assert_eq!(after(bold(), &mut engine), 3);
    ask(&mut engine, Command::Reload).expect("it is read again");
    assert_eq!(after(bold(), &mut engine), 4);
}

#[test]
fn the_last_days_are_read_once_a_cycle_also_where_there_are_none() {
    let (mut engine, _) = engine(&simulator(), Mode::Observe, store(), start());
    live(&mut engine, 121);
    let known = thought(&mut engine, bold()).days.expect("forecasts are kept");
    let full = std::mem::replace(&mut engine.store, store());
    let other = thought(&mut engine, WhatIf { risk: Some(0.6), ..WhatIf::default() });
    let days = other.days.expect("they were read before");
    assert_eq!((days.now, days.then.since), (known.now, known.now.since));
    engine.serving.replays = Default::default();
    assert_eq!(thought(&mut engine, bold()).problems, ["no forecast of the last days is kept yet"]);
    engine.store = full;
    assert!(thought(&mut engine, bold()).days.is_none(), "what is not there is not looked for at every view");
    live(&mut engine, 10);
    assert!(thought(&mut engine, bold()).days.is_some(), "but at the next cycle");
}

#[test]
fn what_cannot_be_thought_of_and_what_is_old_is_said_once() {
    let (mut engine, _) = engine(&simulator(), Mode::Observe, store(), start());
    live(&mut engine, 61);
    assert_eq!(thought(&mut engine, bold()).problems, Vec::<String>::new());
    let (plan, _) = engine.groups[0].plan.as_mut().expect("it plans");
    plan.at = shift(plan.at, -1_800);
    let (from, each) = (plan.at, plan.basis.as_ref().map_or(0.0, |basis| basis.capacity * basis.target));
    let detail = shown(&mut engine, WhatIf::default());
    let view = detail.what_if.expect("it was asked for");
    assert!(view.problems[0].starts_with("computed from a plan that is 30 min old"), "{:?}", view.problems);
    let first = view.ahead.expect("there is a plan").then.planned.get(0).expect("a size");
    let chart = detail.charts.iter().find(|chart| chart.kind == ChartKind::Demand).expect("a chart");
    assert!(chart.lines[0].label.starts_with("what if at"), "{:?}", chart.lines[0].label);
    assert_eq!(chart.lines[0].series.at(from), Some(first * each), "what it carries begins with the plan");

    let (plan, _) = engine.groups[0].plan.as_mut().expect("it plans");
    plan.at = shift(plan.at, 1_800);
    plan.inputs.as_mut().expect("a record").settings.policy = "step-scaling".into();
    let view = thought(&mut engine, bold());
    assert_eq!(view.problems.len(), 1, "{:?}", view.problems);
    assert!(view.problems[0].contains("does not plan by forecasts") && view.terms.is_some());
}
