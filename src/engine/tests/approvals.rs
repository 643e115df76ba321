//! Promises of proposals: one life, one end, and every answer in the journal.

use super::*;
use crate::domain::{plan::Plan, shift};
use crate::{
    cloud::simulator::Simulator,
    domain::{decision::Stage, journal::JournalKind},
    engine::{group::Ready, options::GroupOptions, *},
    link::{Command, Viewport},
    store::keys,
};

fn approving(world: &Simulator, store: Store, now: Time) -> Engine {
    let writer = world.clone();
    let group = GroupOptions { mode: Mode::Approve, price: Some(0.5), ..GroupOptions::default() };
    engine_with(world, group, move || Box::new(writer.scaler()), store, now)
}

fn new() -> (Simulator, Engine) {
    let world = simulator_of(|spec| spec);
    let engine = approving(&world, store(), start());
    (world, engine)
}

fn stage(engine: &Engine, id: i64) -> Stage {
    engine.store().decision(id).expect("readable").expect("kept").stage
}

/// Lives until a scale-out is proposed.
fn until_out(engine: &mut Engine) -> Decision {
    for _ in 0..900 {
        let open = until_proposed(engine);
        if open.to > open.from {
            return open;
        }
        ask(engine, Command::Approve { id: open.id, revision: open.revision }).ok();
    }
    panic!("nothing but scale-ins")
}

#[test]
fn a_proposal_says_what_it_costs_and_what_it_saves_from() {
    let (_, mut engine) = new();
    let open = until_out(&mut engine);
    let value = open.cost_and_risk.expect("worked out for every decision");
    assert_eq!(value.instances, i64::from(open.to) - i64::from(open.from));
    assert_eq!(value.cost_per_hour, Some(0.5 * value.instances as f64));
    let (ignored, done) = (value.ignored.expect("a forecast"), value.done.expect("a forecast"));
    assert!(ignored.probability >= done.probability && ignored.minutes >= done.minutes, "{value:?}");
    let view = engine.view(&clock::Clock::simulated(engine.now(), 60.0)).expect("readable");
    let calls = view.calls(open.id);
    assert!(calls[0].starts_with("SetDesiredCapacity") && calls[0].contains(&format!("={} ", open.to)));
}

#[test]
fn a_revised_proposal_is_shown_as_it_was_at_a_line_of_the_journal() {
    let (_, mut engine) = new();
    let first = until_out(&mut engine);
    let mut other = Decision { id: 0, at: shift(first.at, -600), stage: Stage::Applied, ..first.clone() };
    engine.store.insert_decision(&mut other).expect("writable");
    let revision = first.revision + 1;
    let newest = Decision { revision, at: shift(first.at, 300), to: first.to + 1, ..first.clone() };
    engine.store.update_decision(&newest).expect("it is there");
    let mut shown = |then| {
        let viewport = Viewport { decision: Some(first.id), decision_then: then, ..Viewport::default() };
        ask(&mut engine, Command::Show(viewport)).expect("it is shown");
        let view = engine.view(&clock::Clock::simulated(engine.now(), 60.0)).expect("readable");
        let shown = view.decision.expect("it is kept");
        (shown.id, shown.revision, shown.to)
    };
    let (before, after) = ((first.id, first.revision, first.to), (first.id, newest.revision, newest.to));
    assert_eq!((shown(Some(first.at)), shown(None), shown(Some(newest.at))), (before, after, after));
    assert_eq!(shown(Some(shift(first.at, -60))), after, "what was applied earlier is another decision");
}

#[test]
fn a_snoozed_proposal_comes_back_with_its_id_and_outlives_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prescale.db");
    let world = simulator_of(|spec| spec);
    let mut engine = approving(&world, Store::open(&path).expect("new"), start());
    let open = until_out(&mut engine);
    let later = |minutes| Command::Snooze { id: open.id, revision: open.revision, minutes };
    assert!(ask(&mut engine, later(0)).is_err() && ask(&mut engine, later(1_441)).is_err());
    ask(&mut engine, later(2)).expect("it is open");
    let until = shift(engine.now(), 120);
    assert_eq!(stage(&engine, open.id), Stage::Snoozed { by: "ada@ops".into(), until });
    let yes = Command::Approve { id: open.id, revision: open.revision };
    assert!(ask(&mut engine, yes).expect_err("it sleeps").contains("no longer open"));
    let now = engine.now();
    drop(engine);

    let mut engine = approving(&world, Store::open(&path).expect("released"), shift(now, 60));
    block(engine.minute(shift(now, 60))).expect("writable");
    let slept = engine.groups[0].proposals.snoozed.clone();
    if let Some(slept) = slept {
        assert_eq!(slept.id, open.id, "it sleeps on");
    }
    let back = until_proposed(&mut engine);
    if back.id == open.id {
        assert!(back.revision > open.revision);
        assert_eq!(stage(&engine, open.id), Stage::Proposed);
    } else {
        assert_eq!(stage(&engine, open.id), Stage::Superseded, "the need went while it slept");
    }
    assert!(engine.groups[0].proposals.snoozed.is_none());
}

#[test]
fn a_snooze_ends_when_more_is_needed_and_holds_while_less_is() {
    let (_, mut engine) = new();
    let open = until_out(&mut engine);
    let snooze = Command::Snooze { id: open.id, revision: open.revision, minutes: 1_440 };
    ask(&mut engine, snooze).expect("it is open");
    let (plan, checks) = engine.groups[0].plan.clone().expect("planned");
    let again = |engine: &mut Engine, to: u32| {
        let checks = Preflight { allowed: Some(to), ..checks.clone() };
        decide(engine, &plan, &checks);
        engine.groups[0].proposals.open.as_ref().map(|p| (p.id, p.to))
    };
    assert_eq!(again(&mut engine, open.to), None, "as much as before");
    assert_eq!(again(&mut engine, open.to + 1), Some((open.id, open.to + 1)), "more than before");
    assert!(engine.groups[0].proposals.snoozed.is_none());
    let snoozed_id = engine.store().get(&keys::snoozed("web")).expect("readable");
    assert_eq!(snoozed_id, Some(None));
}

#[test]
fn every_end_of_a_proposal_has_its_line() {
    let (_, mut engine) = new();
    let open = until_proposed(&mut engine);
    engine.groups[0].proposals.open.as_mut().expect("open").expires = engine.now();
    live(&mut engine, 1);
    assert_eq!(stage(&engine, open.id), Stage::Expired);
    let open = until_proposed(&mut engine);
    let no = Command::Reject { id: open.id, revision: open.revision, reason: "deploying".into() };
    ask(&mut engine, no).expect("it is open");
    let lines = engine.store().journal(2_000, None).expect("readable");
    let line = lines.iter().find(|l| l.kind == JournalKind::Rejected).expect("it has a line");
    assert_eq!((line.operator.as_str(), line.decision), ("ada@ops", Some(open.id)));
    assert!(line.text.ends_with("deploying"), "{}", line.text);
    assert!(lines.iter().any(|l| l.kind == JournalKind::Expired));
}

#[test]
fn what_was_done_can_be_undone_through_preflight() {
    let (world, mut engine) = new();
    let open = until_out(&mut engine);
    ask(&mut engine, Command::Approve { id: open.id, revision: open.revision })
        .expect("nothing is against it");
    // Instances that boot are not taken back.
    let early = ask(&mut engine, Command::Undo { decision: open.id });
    assert!(early.expect_err("launches are under way").contains("nothing in progress"));
    live(&mut engine, 6);
    engine.groups[0].proposals.open = None;
    ask(&mut engine, Command::Undo { decision: open.id }).expect("it was done");
    let inverse = engine.groups[0].proposals.open.clone().expect("proposed");
    assert_eq!((inverse.undoes, inverse.to), (Some(open.id), open.from));
    live(&mut engine, 3);
    let still = engine.groups[0].proposals.open.as_ref().map(|p| p.id);
    assert_eq!(still, Some(inverse.id), "the loop leaves it to the person who asked");
    let yes = Command::Approve { id: inverse.id, revision: inverse.revision };
    ask(&mut engine, yes).expect("nothing is against it");
    let desired = world.with(|w| w.groups()).expect("nothing throttles")[0].desired;
    assert_eq!(desired, open.from);
    live(&mut engine, 1);
    let redone = engine.groups[0].proposals.open.as_ref().map(|p| (p.from, p.to));
    assert_ne!(redone, Some((inverse.to, inverse.from)), "what was undone is not asked for again");
}

#[test]
fn a_snoozed_undo_replaces_the_loops_proposal() {
    let (_, mut engine) = new();
    let open = until_out(&mut engine);
    ask(&mut engine, Command::Approve { id: open.id, revision: open.revision })
        .expect("nothing is against it");
    live(&mut engine, 6);
    ask(&mut engine, Command::Undo { decision: open.id }).expect("it was done");
    let inverse = engine.groups[0].proposals.open.clone().expect("proposed");
    let later = Command::Snooze { id: inverse.id, revision: inverse.revision, minutes: 30 };
    ask(&mut engine, later).expect("it is open");
    live(&mut engine, 29);
    assert_eq!(engine.store().get(&keys::snoozed("web")).expect("readable"), Some(Some(inverse.id)));
    live(&mut engine, 1);
    let back = engine.groups[0].proposals.open.clone().expect("it is back");
    assert_eq!((back.id, back.revision, back.undoes), (inverse.id, inverse.revision + 1, Some(open.id)));
    assert!(back.expires > engine.now());
    let open: Vec<i64> = engine.store().open_decisions().expect("readable").iter().map(|d| d.id).collect();
    assert_eq!(open, [back.id], "one proposal a group");
}

#[test]
fn what_was_not_done_cannot_be_undone() {
    let (_, mut engine) = new();
    let open = until_proposed(&mut engine);
    let refused = ask(&mut engine, Command::Undo { decision: open.id }).expect_err("only proposed");
    assert!(refused.contains("only an applied decision"), "{refused}");
    assert!(
        ask(&mut engine, Command::Undo { decision: 4_711 }).expect_err("unknown").contains("no decision")
    );
    ask(&mut engine, Command::Approve { id: open.id, revision: open.revision })
        .expect("nothing is against it");
    ask(&mut engine, Command::SetMode { group: GROUP.into(), mode: Mode::Observe }).expect("a known group");
    let refused = ask(&mut engine, Command::Undo { decision: open.id }).expect_err("observe");
    assert!(refused.contains("observe"), "{refused}");
}

/// Keeps the lines it receives, and adds one remark.
#[derive(Default)]
struct Ear {
    received: std::sync::Arc<std::sync::Mutex<Vec<(JournalKind, bool)>>>,
    remark: Option<String>,
}

impl JournalFeed for Ear {
    fn notify(&mut self, noted: &JournalEvent) {
        let word = (noted.entry.kind.clone(), noted.failed);
        self.received.lock().expect("no test panics here").push(word);
    }

    fn remarks(&mut self) -> Vec<String> {
        self.remark.take().into_iter().collect()
    }
}

#[test]
fn the_journal_feed_delivers_each_line_once_and_keeps_remarks() {
    let (_, mut engine) = new();
    live(&mut engine, 1);
    let ear = Ear { remark: Some("webhook: no answer".into()), ..Ear::default() };
    let received = ear.received.clone();
    engine.subscribe(Box::new(ear)).expect("readable");
    let before = engine.store().journal(2_000, None).expect("readable").len();
    let open = until_proposed(&mut engine);
    ask(&mut engine, Command::Inject { group: GROUP.into(), fault: crate::domain::fault::Fault::Surge })
        .expect("simulated");
    ask(&mut engine, Command::Approve { id: open.id, revision: open.revision })
        .expect("nothing is against it");
    live(&mut engine, 1);
    let lines = engine.store().journal(2_000, None).expect("readable");
    let new: Vec<(JournalKind, bool)> =
        lines[..lines.len() - before].iter().rev().map(|l| (l.kind.clone(), false)).collect();
    assert!(
        new.iter().any(|(kind, _)| *kind == JournalKind::Notify)
            && new.iter().any(|(kind, _)| *kind == JournalKind::Outcome)
    );
    assert_eq!(*received.lock().expect("no test panics here"), new);
}

/// Decides on a plan and its checklist at a cycle.
fn decide(engine: &mut Engine, plan: &Plan, checks: &Preflight) {
    let (context, mut ready) = (engine.context(0), Ready::default());
    engine.groups[0].decide(&context, plan, checks, true, &mut ready);
    block(engine.act(0, ready)).expect("writable");
}

#[test]
fn an_unanswered_proposal_expires() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Approve, store(), start());
    let open = until_proposed(&mut engine);
    engine.groups[0].proposals.open.as_mut().expect("open").expires = engine.now();
    live(&mut engine, 1);
    let kept = engine.store().decision(open.id).expect("readable").expect("kept");
    assert_eq!(kept.stage, Stage::Expired);
}
