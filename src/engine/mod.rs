//! The engine loop. The only owner of live state.
//!
//! Once a minute of the group's time ([`Engine::minute`]): observe → step → act → publish, where the step of a group is
//! learn → forecast → plan → preflight → decide ([`GroupRuntime::step`]), a pure function. Each step returns a plain
//! value, and each decision is journalled before it is carried out. The same engine runs in console, agent and backtests;
//! only the cloud and the clock differ.
//!
//! Start with [`Engine::minute`] in this file, then [`group`] (one group, without any I/O). Around it: `observe` (what is
//! read each minute, and what an earlier run left), `act` (persist, the only mutating call, outcomes), `fleet` (several
//! processes that share a fleet), [`jobs`] (training and backtests in the background) and [`serve`] (the live task,
//! operators and consoles). [`calendar`] holds the business events, [`clock`] is the only reader of the machine's clock.

mod act;
pub mod calendar;
pub mod clock;
mod fleet;
pub mod group;
pub mod jobs;
mod observe;
pub mod options;
pub mod serve;
#[cfg(test)]
mod tests;

pub use fleet::write_ahead::WriteAhead;
pub use group::{GroupRuntime, forecasters::Forecasters};
pub use serve::{
    journal_feed::{JournalEvent, JournalFeed},
    reload::{ConfigSource, Reloaded},
};

use crate::domain::journal::JournalEntry;
use crate::domain::journal::JournalKind;
use crate::store::keys;
use std::sync::Arc;

use self::{
    calendar::Events,
    fleet::SharedFleet,
    group::{Context, Observation, spill::SpillFile},
    jobs::{backtest::Backtests, training::Trainer},
    observe::{
        Observing,
        collect::{Looks, Metrics},
    },
    options::{CloudAccess, EngineOptions},
    serve::{Serving, session::Session},
};
use crate::{
    cloud::Scaler,
    domain::{
        Time,
        decision::{Decision, Mode},
        preflight::Preflight,
        text::clean,
    },
    link::LogBuffer,
    store::{Store, StoreError},
};

/// The name under which the engine itself writes into the journal.
pub const SELF: &str = "prescale";

/// One engine and everything it owns.
pub struct Engine {
    options: EngineOptions,
    world: CloudAccess,
    scaler: Option<Box<dyn Scaler>>,
    store: Store,
    groups: Vec<GroupRuntime>,
    calendar: Events,
    trainer: Trainer,
    backtests: Backtests,
    brake: bool,
    /// Commands are refused and AWS is never changed.
    read_only: bool,
    now: Time,
    observing: Observing,
    /// State shared with other processes of the fleet.
    fleet: SharedFleet,
    serving: Serving,
    /// Where forecasters of a large fleet are spilled; created when needed.
    spill_file: Option<Arc<SpillFile>>,
}

/// A decision that was carried out or advised in one minute, for printing.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupDecision {
    /// Group.
    pub group: String,
    /// The decision as it stands after the minute.
    pub decision: Decision,
}

impl Engine {
    /// An engine on `world` with its state in `store`; restores what an earlier run left there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(options: EngineOptions, world: CloudAccess, store: Store) -> Result<Engine, StoreError> {
        let brake = store.get(&keys::brake())?.unwrap_or(false);
        let trainer = Trainer::new(options.models.clone(), options.training.clone());
        let calendar = Events::new(options.calendar.clone(), options.events.clone(), options.zone)
            .with_holidays(options.holidays.clone());
        let now = options.start;
        let anomalies = store.get(&keys::anomalies())?.unwrap_or_default();
        let mut engine = Engine {
            options,
            world,
            scaler: None,
            store,
            groups: Vec::new(),
            calendar,
            trainer,
            backtests: Backtests::default(),
            brake,
            read_only: false,
            now,
            observing: Observing { anomalies, ..Observing::default() },
            fleet: SharedFleet::default(),
            serving: Serving::default(),
            spill_file: None,
        };
        engine.calendar.look(now);
        Ok(engine)
    }

    /// Signs the engine's own journal lines with the machine's name from now on: `prescale@host`.
    pub fn sign(&mut self, host: &str) {
        self.serving.signature = format!("{SELF}@{host}");
    }

    /// Makes the engine read-only: commands are refused, AWS is never changed, every group is held in `observe`, whatever
    /// its mode was before. The stored mode is kept.
    pub fn read_only(self) -> Engine {
        Engine { read_only: true, ..self }
    }

    /// Shows the lines of `log` in consoles.
    pub fn with_log(self, log: LogBuffer) -> Engine {
        Engine { serving: Serving { log, ..self.serving }, ..self }
    }

    /// The engine's clock: the last minute processed.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Its groups, by name.
    pub fn groups(&self) -> &[GroupRuntime] {
        &self.groups
    }

    /// Sets every group to `mode` without a journal line, as a backtest starts.
    pub fn begin_in(&mut self, mode: Mode) {
        for group in &mut self.groups {
            group.mode = mode;
            // Setup between here and the first minute is not a foreign change.
            group.state = None;
            group.memory.signals.seen = None;
        }
    }

    /// The history on disk.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Processes the minute that begins at `now`, and returns what was decided.
    ///
    /// A problem with the cloud is not an error: it is shown, and the groups continue with what they know.
    ///
    /// # Errors
    /// Only when the store cannot be written: without a journal nothing may act.
    pub async fn minute(&mut self, now: Time) -> Result<Vec<GroupDecision>, StoreError> {
        self.minute_at(now, None).await
    }

    /// [`Engine::minute`], with the `session` answered while calls are in progress.
    async fn minute_at(
        &mut self,
        now: Time,
        mut session: Option<&mut Session>,
    ) -> Result<Vec<GroupDecision>, StoreError> {
        self.begin(now)?;
        let stopping = |session: &Option<&mut Session>| session.as_ref().is_some_and(|s| s.is_stopping());
        self.report_start(session.as_deref_mut(), 0, || "reading the Auto Scaling groups".into());
        let mut looks = self.look(now, session.as_deref_mut()).await?;
        if stopping(&session) {
            return Ok(Vec::new());
        }
        self.count_calls(now);
        self.keep_leases().await?;
        self.reconcile(&looks)?;
        let mut decided = Vec::new();
        for part in self.parts() {
            self.report_start(session.as_deref_mut(), part.start, || {
                "reading metrics and their history".into()
            });
            let observed = self.observe(part.clone(), &mut looks, session.as_deref_mut()).await?;
            if stopping(&session) {
                return Ok(decided);
            }
            self.count_calls(now);
            for (at, metrics) in part.zip(observed) {
                // Acts of many groups may take longer than a shutdown may.
                if stopping(&session) {
                    return Ok(decided);
                }
                let learning = || format!("learning the load of {}", self.groups[at].name);
                self.report_start(session.as_deref_mut(), at, learning);
                let seen = self.observation(at, &mut looks, metrics);
                let ready = self.groups[at].step(seen);
                decided.extend(self.act(at, ready).await?);
            }
        }
        self.keep_suspensions().await?;
        self.record_unread(now, &looks.errors)?;
        self.record_source_errors(&looks.errors)?;
        self.finish(now, session).await?;
        Ok(decided)
    }

    /// The start of a minute: reloads the calendar, checks the clock.
    fn begin(&mut self, now: Time) -> Result<(), StoreError> {
        self.now = now;
        self.look_at_calendar()?;
        self.detect_clock_jump(now)
    }

    /// Reads the calendar again if its file has changed.
    fn look_at_calendar(&mut self) -> Result<(), StoreError> {
        match self.calendar.look(self.now) {
            true => self.note(None, JournalKind::Calendar, "calendar reloaded".into()),
            false => Ok(()),
        }
    }

    /// The observation of the group `at` in this minute.
    fn observation(&self, at: usize, looks: &mut Looks, metrics: Metrics) -> Observation {
        let look = looks.states.remove(&self.groups[at].name);
        let Metrics { demand, minutes, incomplete, past_cpu } = metrics;
        Observation { context: self.context(at), look, demand, minutes, incomplete, past_cpu }
    }

    /// The context of the group `at` in this minute.
    fn context(&self, at: usize) -> Context {
        let group = &self.groups[at];
        Context {
            now: self.now,
            events: self.calendar.concerning(&group.name),
            brake: self.brake,
            brake_released: self.observing.anomalies.released,
            jump: self.jump(group.options.settings.cycle),
            calls: self.calls_for(&group.name),
            no_lease: self.no_lease(group),
            held_elsewhere: self.fleet.leases.is_some() && self.lease(at, 0).is_err(),
            read_only: self.read_only,
        }
    }

    /// Preflight for a change to `want`, which a person has `approved`, or nobody; `None` before the group was read.
    fn check(&self, at: usize, want: u32, approved: bool) -> Option<Preflight> {
        self.groups[at].preflight(&self.context(at), want, approved)
    }

    /// The end of a minute: backfill, shared state, background jobs, and the journal.
    async fn finish(&mut self, now: Time, session: Option<&mut Session>) -> Result<(), StoreError> {
        self.save_history(now, session).await?;
        self.sync_history(now)?;
        self.sync_models(now)?;
        self.sync_calendar(now)?;
        self.follow_training(now)?;
        self.follow_backtest();
        self.feed_journal()
    }

    /// Writes the simulation's state once per cycle, so that a restart continues from there.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn checkpoint(&mut self, now: Time) -> Result<(), StoreError> {
        if now.timestamp() % 300 == 0 { self.checkpoint_now() } else { Ok(()) }
    }

    /// Writes the simulation's state; on a real account there is nothing to write.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn checkpoint_now(&mut self) -> Result<(), StoreError> {
        let Some(simulator) = &self.world.simulator else { return Ok(()) };
        match simulator.snapshot() {
            Ok(snapshot) => self.store.set(&keys::simulator(), &snapshot),
            Err(_) => Ok(()),
        }
    }

    /// Journals a line by the engine itself.
    fn note(&mut self, group: Option<&str>, kind: JournalKind, text: String) -> Result<(), StoreError> {
        let entry = self.entry(SELF, group, kind, text, None);
        self.store.note(&entry).map(drop)
    }

    fn entry(
        &self,
        operator: &str,
        group: Option<&str>,
        kind: JournalKind,
        text: String,
        decision: Option<i64>,
    ) -> JournalEntry {
        let operator = if operator == SELF { &self.serving.signature } else { operator };
        JournalEntry {
            id: 0,
            at: self.now,
            group: group.map(str::to_owned),
            kind,
            operator: clean(operator, 80),
            text: clean(&text, 600),
            decision,
        }
    }
}
