//! Promises of a configuration that is read again: all of it or nothing, at once, and nothing that was learned is lost.

use std::sync::{Arc, Mutex};

use super::*;
use crate::{
    domain::{file_draft::SettingsDraft, keep::Keep, what_if::WhatIf},
    engine::options::DemandMeasure,
    files::FileStamp,
};

/// What the file says at the moment; an `Err` is one that is wrong.
type Says = Arc<Mutex<Result<GroupOptions, String>>>;

struct File(Says);

impl ConfigSource for File {
    fn reload(&mut self) -> Result<Reloaded, String> {
        let options = self.0.lock().expect("nobody panics with it").clone()?;
        Ok(Reloaded {
            group: Box::new(move |_| options.clone()),
            keep: Keep::default(),
            at_restart: vec!["[source]"],
        })
    }

    fn stamp(&self) -> Option<FileStamp> {
        None
    }

    fn draft(&self, _: &str, _: &WhatIf) -> Result<SettingsDraft, String> {
        Ok(SettingsDraft::default())
    }

    fn write(&mut self, _: &str, _: &WhatIf, _: &str) -> Result<(), String> {
        Err("it cannot be written".into())
    }
}

/// An engine that has lived for two hours, and the file that it reads again.
fn running(mode: Mode) -> (Engine, Says) {
    let world = simulator();
    let (mut engine, _) = engine(&world, mode, store(), start());
    let says: Says = Arc::new(Mutex::new(Ok(GroupOptions { mode, ..GroupOptions::default() })));
    engine.reload_from(Box::new(File(says.clone())));
    live(&mut engine, 120);
    (engine, says)
}

fn reload(engine: &mut Engine, says: &Says, text: Result<GroupOptions, String>) -> crate::domain::Answer {
    *says.lock().expect("nobody panics with it") = text;
    ask(engine, Command::Reload)
}

fn options(mode: Mode) -> GroupOptions {
    GroupOptions { mode, ..GroupOptions::default() }
}

#[test]
fn settings_are_in_force_at_once_and_what_was_learned_stays() {
    let (mut engine, says) = running(Mode::Observe);
    let before = (engine.groups[0].demand.len(), engine.groups[0].memory.capacity.clone());
    assert!(before.1.is_some(), "capacity was learned");
    let mut other = options(Mode::Observe);
    (other.settings.risk, other.lead) = (0.8, Some(1_200));
    let said = reload(&mut engine, &says, Ok(other.clone())).expect("it is right");
    assert_eq!(said, "configuration reloaded: web changed; changed, and in force after a restart: [source]");
    let group = &engine.groups[0];
    assert_eq!((group.options.settings.risk, group.lead), (0.8, (1_200, 0)));
    assert_eq!((group.demand.len(), group.memory.capacity.clone()), before);
    let said = reload(&mut engine, &says, Ok(other)).expect("it is right");
    assert!(said.starts_with("configuration reloaded: no group changed"), "{said}");
    // A lead time that is no longer given is the measured one again.
    reload(&mut engine, &says, Ok(options(Mode::Observe))).expect("it is right");
    let group = &engine.groups[0];
    assert_eq!(group.lead, group.memory.lead.map_or((crate::plan::lead::UNKNOWN, 0), |(cold, _)| cold));
}

#[test]
fn a_capacity_that_is_given_counts_and_one_that_no_longer_is_is_learned_anew() {
    let (mut engine, says) = running(Mode::Observe);
    let given = GroupOptions { capacity: Some(77.0), ..options(Mode::Observe) };
    reload(&mut engine, &says, Ok(given)).expect("it is right");
    assert_eq!(engine.groups[0].memory.capacity, Some((77.0, "given".into())));
    live(&mut engine, 10);
    assert_eq!(engine.groups[0].memory.capacity, Some((77.0, "given".into())));
    reload(&mut engine, &says, Ok(options(Mode::Observe))).expect("it is right");
    live(&mut engine, 10);
    let learned = engine.groups[0].memory.capacity.clone().expect("it is learned from what is stored");
    assert!(learned.1 != "given" && (learned.0 - 77.0).abs() > 1.0, "{learned:?}");
}

#[test]
fn a_wrong_file_changes_nothing_and_says_why() {
    let (mut engine, says) = running(Mode::Approve);
    let before = engine.groups[0].options.clone();
    let why = reload(&mut engine, &says, Err("prescale.toml:2:1: defaults.risk: 7 is out of range".into()));
    let why = why.expect_err("it is wrong");
    assert!(why.contains("the previous one stays in force") && why.contains("prescale.toml:2:1"), "{why}");
    assert_eq!(engine.groups[0].options, before);
    let line = &engine.store().journal(1, None).expect("readable")[0];
    assert_eq!((line.kind.clone(), line.operator.as_str()), (JournalKind::Config, "ada@ops"));
    assert!(line.text.contains("prescale.toml:2:1"), "{}", line.text);
}

#[test]
fn a_mode_that_the_file_changes_is_set_as_an_operator_sets_it() {
    let (mut engine, says) = running(Mode::Observe);
    reload(&mut engine, &says, Ok(options(Mode::Approve))).expect("it is right");
    assert_eq!(engine.groups[0].mode, Mode::Approve);
    assert!(kinds(&engine).contains(&JournalKind::Mode));
    // An operator's own choice stands as long as the file says the same as before.
    ask(&mut engine, Command::SetMode { group: GROUP.into(), mode: Mode::Observe }).expect("it is allowed");
    let mut other = options(Mode::Approve);
    other.settings.risk = 0.9;
    reload(&mut engine, &says, Ok(other)).expect("it is right");
    assert_eq!(engine.groups[0].mode, Mode::Observe);
}

#[test]
fn demand_that_is_counted_in_another_way_begins_anew_and_the_group_stays_seen() {
    let (mut engine, says) = running(Mode::Observe);
    let cpu = GroupOptions { demand: DemandMeasure::Cpu, ..options(Mode::Observe) };
    reload(&mut engine, &says, Ok(cpu)).expect("it is right");
    let group = &engine.groups[0];
    assert_eq!((&group.options.demand, group.state.is_some()), (&DemandMeasure::Cpu, true));
    assert!(kinds(&engine).contains(&JournalKind::Demand));
    live(&mut engine, 10);
    assert!(engine.groups[0].demand.last_known().is_some(), "it is read again, with its past");
    // Back again, as after a restart.
    reload(&mut engine, &says, Ok(options(Mode::Observe))).expect("it is right");
    live(&mut engine, 10);
    assert!(engine.groups[0].demand.last_known().is_some());
}

#[test]
fn a_read_only_engine_reads_it_as_well_and_stays_in_observe() {
    let world = simulator();
    let (engine, built) = engine(&world, Mode::Observe, store(), start());
    let mut engine = engine.read_only();
    let says: Says = Arc::new(Mutex::new(Ok(options(Mode::Auto))));
    engine.reload_from(Box::new(File(says.clone())));
    live(&mut engine, 10);
    ask(&mut engine, Command::Reload).expect("settings of what changes nothing");
    live(&mut engine, 60);
    assert_eq!(engine.groups[0].mode, Mode::Observe);
    assert_eq!(built.load(Ordering::SeqCst), 0);
}
