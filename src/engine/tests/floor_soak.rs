//! Floors under whatever may happen: faults, operators, restarts, and others who set MinSize. Seeded.

use crate::domain::fault::Fault;
use crate::domain::journal::JournalKind;
use crate::store::keys;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{floor::*, *};
use crate::{cloud::simulator::Simulator, domain::actuator::Actuator, engine::*, link::Command};

/// Minutes of one life, and those after it in which every fault passes.
const LIFE: i64 = 500;
const CALM: i64 = 45;

/// A world, the engine on it, and what the operator's own MinSize is.
struct SoakRun {
    world: Simulator,
    engine: Option<Engine>,
    folder: tempfile::TempDir,
    actuator: Option<Actuator>,
    own: u32,
}

impl SoakRun {
    fn new(actuator: Option<Actuator>) -> SoakRun {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut life = SoakRun { world: simulator_of(tracked), engine: None, folder, actuator, own: 2 };
        life.restart(start());
        life
    }

    /// A kill and a new start on the same store.
    fn restart(&mut self, now: Time) {
        self.engine = None;
        let store = Store::open(&self.folder.path().join("prescale.db")).expect("nobody has it");
        self.engine = Some(acting(&self.world, options(Mode::Auto, self.actuator), store, now));
    }

    fn engine(&mut self) -> &mut Engine {
        self.engine.as_mut().expect("there is one between restarts")
    }

    /// One thing that may happen.
    fn happen(&mut self, rng: &mut Pcg64Mcg) {
        let group = || GROUP.to_owned();
        let open = self.engine().groups.first().and_then(|w| w.proposals.open.clone());
        let (id, revision) = open.map_or((1, 1), |p| (p.id, p.revision));
        let modes = [Mode::Observe, Mode::Approve, Mode::Auto, Mode::Auto];
        let command = match rng.random_range(0..9) {
            0 => Command::Inject { group: group(), fault: Fault::ALL[rng.random_range(0..Fault::ALL.len())] },
            1 => Command::Inject { group: group(), fault: Fault::Throttling },
            2 => Command::SetMode { group: group(), mode: modes[rng.random_range(0..modes.len())] },
            3 => Command::Approve { id, revision },
            4 => Command::Reject { id, revision, reason: "no".into() },
            5 => Command::Snooze { id, revision, minutes: 5 },
            6 => Command::Undo { decision: rng.random_range(1..=id.max(1)) },
            7 => {
                let now = self.engine().now();
                return self.restart(now);
            }
            _ => return self.set_by_somebody_else(rng),
        };
        // Whether it can be done now is not the question here.
        let _ = ask(self.engine(), command);
    }

    /// Where a scheduled end is on its way, it may come first and undo this: then nobody knows whose word counts.
    fn set_by_somebody_else(&mut self, rng: &mut Pcg64Mcg) {
        let min = rng.random_range(1..9);
        let held = self.engine().groups.first().is_none_or(|group| group.memory.held.is_some());
        let free = self.actuator != Some(Actuator::Scheduled) && !held;
        if free && self.world.with(|w| w.set_floor(GROUP, min)).is_ok() {
            self.own = min;
        }
    }

    /// What must be true after every minute.
    fn check(&mut self, context: &str) {
        let own = self.own;
        let throttled = self.world.with(|w| w.groups()).is_err();
        let scheduled = self.world.with(|w| w.scheduled(GROUP));
        let engine = self.engine();
        // A restart while every call is throttled has not seen the group yet.
        let Some(group) = engine.groups.first() else { return };
        let Some(state) = group.state.as_ref() else { return };
        assert!(state.min >= own, "{context}: MinSize {} below its own {own}", state.min);
        assert!(state.min <= state.desired && state.desired <= state.max, "{context}: {state:?}");
        assert!(scheduled.len() <= 2, "{context}: {scheduled:?}");
        let open = engine.store.open_decisions().expect("readable");
        assert!(open.iter().all(|d| d.stage.name() == "proposed") && open.len() <= 1, "{context}: {open:?}");
        let held = group.memory.held;
        assert_eq!(
            engine.store.get::<Option<_>>(&keys::floor("web")).expect("readable").flatten(),
            held,
            "{context}"
        );
        assert!(throttled || state.min == own || held.is_some(), "{context}: {} is nobody's", state.min);
    }
}

fn live_through(actuator: Option<Actuator>, seed: u64) {
    let (mut life, mut rng) = (SoakRun::new(actuator), Pcg64Mcg::seed_from_u64(seed));
    live(life.engine(), 1);
    for minute in 0..LIFE {
        if rng.random_range(0..100) < 15 {
            life.happen(&mut rng);
        }
        live(life.engine(), 1);
        life.check(&format!("{actuator:?}, seed {seed}, minute {minute}"));
    }
    live(life.engine(), CALM);
    block(life.engine().leave()).expect("writable");
    let context = format!("{actuator:?}, seed {seed}, the end");
    assert_eq!((min(&life.world), life.engine().groups[0].memory.held), (life.own, None), "{context}");
    assert!(life.world.with(|w| w.scheduled(GROUP)).is_empty(), "{context}");
    let (intents, outcomes) =
        (texts(life.engine(), JournalKind::Intent).len(), texts(life.engine(), JournalKind::Outcome).len());
    assert!(intents > 1 && intents == outcomes, "{context}: {intents} intents, {outcomes} outcomes");
}

#[test]
fn a_floor_is_restored_after_random_failures() {
    (100..105).for_each(|seed| live_through(Some(Actuator::Floor), seed));
}

#[test]
fn a_scheduled_floor_is_restored_after_random_failures() {
    (10..15).for_each(|seed| live_through(Some(Actuator::Scheduled), seed));
}

#[test]
fn the_default_actuator_restores_after_random_failures() {
    (20..23).for_each(|seed| live_through(None, seed));
}
