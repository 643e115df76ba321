//! Promises of decisions in the store.

use super::*;
use crate::{
    domain::{
        actuator::Act,
        at_epoch,
        cost_and_risk::CostAndRisk,
        decision::{Mode, Stage},
        journal::JournalKind,
        plan::{Basis, Plan},
        preflight::{Preflight, PreflightCheck, Verdict},
        shift,
    },
    store::Key,
};

pub(in crate::store) fn decision(group: &str, stage: Stage) -> Decision {
    Decision {
        id: 0,
        revision: 3,
        group: group.into(),
        at: at_epoch(1_000),
        from: 4,
        to: 6,
        stage,
        expires: at_epoch(1_900),
        mode: Mode::Approve,
        plan: Plan {
            at: at_epoch(1_000),
            policy: "capacity".into(),
            from: 4,
            want: 7,
            unheld: None,
            reasons: vec!["demand 412.5 at 95 % by 12:35".into()],
            basis: Some(Basis {
                model: "blend".into(),
                risk: 0.95,
                demand: 412.5,
                binding: at_epoch(1_300),
                capacity: 100.25,
                target: 0.8,
                lead: 480,
                events: vec!["Sale".into()],
            }),
            reactive: Some(5),
            inputs: None,
        },
        preflight: Preflight {
            checks: vec![
                PreflightCheck::of("fresh data", Verdict::Pass),
                PreflightCheck::of("step", Verdict::Clamp { to: 6, reason: "at most 2 a time".into() }),
            ],
            allowed: Some(6),
            inputs: None,
        },
        act: Some(Act::Desired { to: 6 }),
        cost_and_risk: Some(CostAndRisk {
            instances: 2,
            cost_per_hour: Some(0.2),
            list_price: None,
            ignored: None,
            done: None,
        }),
        undoes: None,
        lease: None,
    }
}

pub(in crate::store) fn line(text: &str) -> JournalEntry {
    JournalEntry {
        id: 77,
        at: at_epoch(1_000),
        group: Some("web".into()),
        kind: JournalKind::Intent,
        operator: "ann@desk".into(),
        text: text.into(),
        decision: Some(99),
    }
}

fn all_stages() -> Vec<Stage> {
    vec![
        Stage::Advised,
        Stage::Proposed,
        Stage::Superseded,
        Stage::Expired,
        Stage::Rejected { by: "ann".into(), reason: "too dear".into() },
        Stage::Snoozed { by: "ann".into(), until: at_epoch(2_800) },
        Stage::Blocked { check: "brake".into(), reason: "scale-in is frozen".into() },
        Stage::Intended,
        Stage::Applied,
        Stage::Failed { error: "ScalingActivityInProgress".into() },
    ]
}

#[test]
fn every_stage_comes_back_and_only_open_ones_are_open() {
    let mut store = Store::in_memory().expect("memory");
    let mut open = Vec::new();
    for stage in all_stages() {
        let mut wrote = decision("web", stage);
        store.insert_decision(&mut wrote).expect("writable");
        assert_eq!(store.decision(wrote.id).expect("readable"), Some(wrote.clone()));
        if matches!(wrote.stage, Stage::Proposed | Stage::Intended) {
            open.push(wrote);
        }
    }
    assert_eq!(store.open_decisions().expect("readable"), open);
    assert_eq!(store.decision(1_000).expect("readable"), None);
}

#[test]
fn an_update_moves_a_decision_on() {
    let mut store = Store::in_memory().expect("memory");
    let mut wrote = decision("web", Stage::Intended);
    store.insert_decision(&mut wrote).expect("writable");
    wrote.stage = Stage::Applied;
    store.update_decision(&wrote).expect("it is there");
    assert_eq!(store.decision(wrote.id).expect("readable"), Some(wrote.clone()));
    assert!(store.open_decisions().expect("readable").is_empty());
    wrote.id = 4_711;
    assert!(matches!(store.update_decision(&wrote), Err(StoreError::NoDecision(4_711))));
}

#[test]
fn a_revision_keeps_the_one_before_it_as_superseded() {
    let mut store = Store::in_memory().expect("memory");
    let mut wrote = decision("web", Stage::Proposed);
    store.insert_decision(&mut wrote).expect("writable");
    let revised = Decision { revision: wrote.revision + 1, at: shift(wrote.at, 300), to: 9, ..wrote.clone() };
    store.update_decision(&revised).expect("it is there");
    let reopened = Decision { revision: revised.revision + 1, ..revised };
    store.update_decision(&reopened).expect("it is there");
    let applied = Decision { stage: Stage::Applied, ..reopened };
    store.update_decision(&applied).expect("it is there");
    assert_eq!(store.decision(wrote.id).expect("readable"), Some(applied.clone()), "under its own number");
    let end = (shift(applied.at, 1), i64::MAX);
    let heads = store.decisions_before("web", end, 9).expect("readable");
    let [newest, former] = heads.as_slice() else { panic!("{heads:?}") };
    assert_eq!((newest.id, newest.at), (applied.id, applied.at));
    let superseded = Decision { id: former.id, stage: Stage::Superseded, ..wrote };
    assert_eq!(store.decision(former.id).expect("readable"), Some(superseded));
    assert!(store.open_decisions().expect("readable").is_empty(), "nobody is asked about it again");
}

#[test]
fn decision_and_line_are_kept_together_or_not_at_all() {
    let mut store = Store::in_memory().expect("memory");
    let mut wrote = decision("web", Stage::Intended);
    let row = store.record(&mut wrote, line("set desired 6")).expect("writable");
    let journal = store.journal(10, None).expect("readable");
    assert_eq!((journal[0].id, journal[0].decision), (row, Some(wrote.id)));

    wrote.stage = Stage::Applied;
    store.record(&mut wrote, line("done")).expect("writable");
    assert_eq!(store.journal(10, None).expect("readable").len(), 2);

    let mut ghost = Decision { id: 4_711, ..wrote };
    store.record(&mut ghost, line("never")).expect_err("there is no such decision");
    assert_eq!(store.journal(10, None).expect("readable").len(), 2);
}

#[test]
fn settings_change_with_the_decision_or_not_at_all() {
    let mut store = Store::in_memory().expect("memory");
    let floor = Key::<Option<u32>>::named("floor:web");
    let held = [SettingWrite::new(&floor, &Some(8)).expect("a number has JSON")];
    let mut wrote = decision("web", Stage::Intended);
    store.record_with(&mut wrote, vec![line("yes"), line("go")], &held).expect("writable");
    assert_eq!(store.get(&floor).expect("readable"), Some(Some(8)));
    assert_eq!(store.journal(10, None).expect("readable").len(), 2);

    let gone = [SettingWrite::new(&floor, &None).expect("null is JSON")];
    let mut ghost = Decision { id: 4_711, ..wrote };
    store.record_with(&mut ghost, vec![line("never")], &gone).expect_err("there is no such decision");
    assert_eq!(store.get(&floor).expect("readable"), Some(Some(8)));
}

#[test]
fn a_number_that_could_not_be_read_back_is_refused() {
    let mut store = Store::in_memory().expect("memory");
    let mut broken = decision("web", Stage::Proposed);
    broken.plan.basis.as_mut().expect("it has one").demand = f64::NAN;
    let refused = store.record(&mut broken, line("x")).expect_err("NaN has no JSON").to_string();
    assert!(refused.contains("the decision for web (4 to 6) was not stored"), "{refused}");
    assert_eq!(broken.id, 0);
    assert!(store.journal(10, None).expect("readable").is_empty());
}

#[test]
fn a_damaged_record_is_named() {
    let mut store = Store::in_memory().expect("memory");
    let mut wrote = decision("web", Stage::Proposed);
    store.insert_decision(&mut wrote).expect("writable");
    store.connection.execute("UPDATE decisions SET record = '{'", []).expect("valid SQL");
    let error = store.open_decisions().expect_err("not JSON").to_string();
    assert!(error.contains("decision 1 cannot be read"), "{error}");
}
