//! One journey through the whole loop, written once: discover, back-fill, forecast, propose, approve, verify, roll a
//! floor back. It knows nothing of the cloud that it is made on.

use prescale::{
    domain::{
        Time,
        actuator::Actuator,
        at_epoch,
        decision::{Mode, Stage},
        journal::JournalKind,
        shift,
    },
    engine::{
        Engine,
        clock::Clock,
        group::runtime::GroupRuntime,
        jobs::training::TrainingOptions,
        options::{CloudAccess, DemandMeasure, EngineOptions, GroupOptions},
    },
    link::Command,
    store::Store,
};

/// The group that is sized: its own MinSize is [`OWN`], a policy of AWS sizes it, and its load is [`load`].
pub const GROUP: &str = "journey";
/// Its MinSize before and after.
pub const OWN: u32 = 1;
/// Its MaxSize.
pub const MOST: u32 = 40;
/// Load a step that one instance serves.
pub const CAPACITY: f64 = 50.0;
/// Steps of history, of 300 s.
pub const STEPS: usize = 576;

/// Requests in the step that lies `steps` after the start, which may be before it: a daily wave, rising at the start.
pub fn load(steps: i64) -> f64 {
    let wave = (std::f64::consts::TAU * (steps + 24) as f64 / 288.0).sin();
    500.0 + 400.0 * wave + (steps.rem_euclid(7)) as f64
}

/// A traveller on one cloud.
struct Journey<'a> {
    engine: Engine,
    now: Time,
    /// Takes the cloud to a moment, where its time does not pass by itself.
    bring: &'a mut dyn FnMut(Time),
}

/// Makes the journey on `world` from `start` on, where the load is counted by `demand`. `bring` takes the cloud to a
/// moment before it is looked at.
pub async fn travel(world: CloudAccess, demand: DemandMeasure, start: Time, bring: &mut dyn FnMut(Time)) {
    let store = Store::in_memory().expect("memory");
    let engine = Engine::new(options(demand, start), world, store).expect("a fresh store");
    let mut journey = Journey { engine, now: start, bring };
    journey.minute().await;
    journey.discovers_and_forecasts();
    let id = journey.proposes_and_is_approved().await;
    journey.verifies(id).await;
    journey.rolls_back().await;
}

fn options(demand: DemandMeasure, start: Time) -> EngineOptions {
    let group = GroupOptions {
        mode: Mode::Approve,
        capacity: Some(CAPACITY),
        lead: Some(300),
        demand,
        ..GroupOptions::default()
    };
    EngineOptions {
        zone: chrono_tz::UTC,
        group: Box::new(move |_| group.clone()),
        calendar: None,
        events: Vec::new(),
        holidays: Vec::new(),
        models: None,
        backfill: 300 * STEPS as i64,
        training: TrainingOptions::on_request(),
        anchor: at_epoch(0),
        start,
    }
}

impl Journey<'_> {
    async fn minute(&mut self) {
        (self.bring)(self.now);
        self.engine.minute(self.now).await.expect("the store is writable");
    }

    async fn next_minute(&mut self) {
        self.now = shift(self.now, 60);
        self.minute().await;
    }

    fn group(&self) -> &GroupRuntime {
        let found = self.engine.groups().iter().find(|w| w.name == GROUP);
        found.unwrap_or_else(|| panic!("the group is not seen: {}", self.told()))
    }

    /// MinSize as last seen.
    fn min(&self) -> u32 {
        self.group().state.as_ref().expect("a group that was found was looked at").min
    }

    /// The journal, for messages.
    fn told(&self) -> String {
        let lines = self.engine.store().journal(50, None).expect("readable");
        lines.iter().rev().map(|l| format!("{} {}: {}\n", l.at, l.kind, l.text)).collect()
    }

    fn lines(&self, kind: JournalKind) -> usize {
        let lines = self.engine.store().journal(500, None).expect("readable");
        lines.iter().filter(|l| l.kind == kind).count()
    }

    async fn ask(&mut self, command: Command) {
        let mut clock = Clock::simulated(self.now, 60.0);
        let answer =
            self.engine.command("ada@ops", command, &mut clock).await.expect("the store is writable");
        answer.unwrap_or_else(|why| panic!("refused: {why}\n{}", self.told()));
    }

    fn discovers_and_forecasts(&self) {
        let watched = self.group();
        assert_eq!(self.min(), OWN);
        assert_eq!(watched.actuator(), Actuator::Floor, "a policy of AWS sizes it");
        let known = watched.demand.known().count();
        assert!(known > STEPS * 9 / 10, "{known} steps were filled back\n{}", self.told());
        assert!(watched.forecast.is_some(), "there is a forecast\n{}", self.told());
    }

    async fn proposes_and_is_approved(&mut self) -> i64 {
        for _ in 0..120 {
            if let Some(open) = self.group().proposals.open.clone().filter(|open| open.to > OWN) {
                self.ask(Command::Approve { id: open.id, revision: open.revision }).await;
                return open.id;
            }
            self.next_minute().await;
        }
        panic!("no proposal in two hours: {:?}\n{}", self.group().plan, self.told());
    }

    async fn verifies(&mut self, id: i64) {
        let decision = self.engine.store().decision(id).expect("readable").expect("it was kept");
        assert_eq!(decision.stage, Stage::Applied, "{}", self.told());
        self.next_minute().await;
        self.next_minute().await;
        assert_eq!(self.min(), decision.to, "a later look shows it\n{}", self.told());
        assert_eq!(self.group().memory.awaited, None, "{}", self.told());
        assert_eq!(self.lines(JournalKind::Unconfirmed), 0, "{}", self.told());
        assert_eq!(
            (self.lines(JournalKind::Approved), self.lines(JournalKind::Intent)),
            (1, 1),
            "{}",
            self.told()
        );
    }

    async fn rolls_back(&mut self) {
        self.ask(Command::SetMode { group: GROUP.into(), mode: Mode::Observe }).await;
        self.next_minute().await;
        assert_eq!(self.min(), OWN, "the floor is the group's own again\n{}", self.told());
        assert_eq!(self.group().memory.held, None);
    }
}
