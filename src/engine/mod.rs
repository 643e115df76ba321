//! The loop. The only owner of live state; everything else asks it.
//!
//! Once a minute of the group's time ([`Engine::minute`]): collect → forecast (once a cycle) → plan →
//! preflight → decide → execute, each step a plain value, each decision in the journal before it acts. The
//! same engine runs in the console, in the agent and in backtests; only the world and the clock differ.
//!
//! Start with [`Engine::minute`] in this file. Then [`watched`] (what is held of one group), `collect`, `decide`
//! (from plans to proposals), `answers` (what operators say to them), `execute` (the only caller of a mutating
//! call), `floor` (MinSize that is ours, and its way back), `lease` (which groups are ours to act on), `notice` (what else is seen: others, incidents, sick models), `learning` (what models learn from, and when anew), `command` (what operators may ask), `listen` (who else
//! hears of the journal), `backfill` (history that the source will forget), `archive` (history that others share), `newer_models` (their networks), `models` (training), `recall` (what an earlier run left of a group), `settling` (what load balancers add to the lead time), `mind` (the forecasters of a group, in memory or asleep in the `scratch` file), [`hindsight`] (backtests for the screen), `ledger` (the score against a reactive twin), `view` (what screens see), `desk` (operators, while the world is waited for) and [`run`] (the live task around it all).

pub mod calendar;
pub mod clock;
pub mod hindsight;
pub mod models;
pub mod options;
pub mod run;
pub mod watched;

mod answers;
mod archive;
mod backfill;
mod charts;
mod collect;
mod command;
mod decide;
mod desk;
mod execute;
mod floor;
pub mod learning;
mod lease;
mod ledger;
mod listen;
mod mind;
mod newer_models;
mod notice;
mod recall;
mod same_calendar;
mod same_stance;
mod scratch;
mod settling;
mod view;

pub use listen::{Listener, Noted};
pub use mind::Mind;

use std::sync::Arc;

use self::{
    calendar::Events,
    desk::Desk,
    models::Trainer,
    options::{EngineOptions, World},
    watched::Watched,
};
use crate::{
    cloud::Scaler,
    domain::{
        Time,
        decision::{Decision, Mode},
        metric::Metric,
        plan::Plan,
        preflight::Preflight,
        shift,
    },
    link::{JournalEntry, Log, Notice, Viewport},
    plan::{Situation, lead, preflight},
    shared::Keeper,
    store::{Store, StoreError},
};

/// The name under which the engine itself writes into the journal.
pub const SELF: &str = "prescale";

/// Where the store keeps the simulation's state.
pub const SNAPSHOT: &str = "simulator";

/// One engine and everything it owns.
pub struct Engine {
    options: EngineOptions,
    world: World,
    scaler: Option<Box<dyn Scaler>>,
    store: Store,
    groups: Vec<Watched>,
    calendar: Events,
    trainer: Trainer,
    backtests: hindsight::Backtests,
    brake: bool,
    /// No command is taken and nothing outside is changed.
    read_only: bool,
    /// What the program did, for screens.
    log: Log,
    /// Intentions that an earlier run left have been looked at.
    reconciled: bool,
    /// What is wrong with the outside world, in words.
    trouble: Option<Notice>,
    viewport: Viewport,
    serial: u64,
    now: Time,
    listener: Option<Box<dyn Listener>>,
    /// Newest line of the journal that the listener has heard of.
    told: i64,
    noticed: notice::Noticed,
    /// How the engine signs its own lines of the journal.
    signature: String,
    backfill: backfill::Backfill,
    /// Where several processes share a fleet.
    leases: Option<Keeper>,
    archive: Option<archive::Archive>,
    same_calendar: Option<same_calendar::SameCalendar>,
    same_stance: Option<same_stance::SameStance>,
    /// Where forecasters of a large fleet sleep; made when it is needed.
    scratch: Option<Arc<scratch::Scratch>>,
}

/// A decision that was carried out or advised in one minute, for those who print them.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Group.
    pub group: String,
    /// The decision as it stands after the minute.
    pub decision: Decision,
}

impl Engine {
    /// An engine on `world` that remembers in `store`; picks up what an earlier run left there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(options: EngineOptions, world: World, store: Store) -> Result<Engine, StoreError> {
        let brake = store.get("brake")?.unwrap_or(false);
        let trainer = Trainer::new(options.models.clone(), options.training.clone());
        let calendar = Events::new(options.calendar.clone(), options.events.clone(), options.zone)
            .with_holidays(options.holidays.clone());
        let now = options.start;
        let mut engine = Engine {
            options,
            world,
            scaler: None,
            store,
            groups: Vec::new(),
            calendar,
            trainer,
            backtests: hindsight::Backtests::default(),
            brake,
            read_only: false,
            log: Log::default(),
            reconciled: false,
            trouble: None,
            viewport: Viewport::default(),
            serial: 0,
            now,
            listener: None,
            told: 0,
            noticed: notice::Noticed::default(),
            signature: SELF.to_owned(),
            backfill: backfill::Backfill::default(),
            leases: None,
            archive: None,
            same_calendar: None,
            same_stance: None,
            scratch: None,
        };
        engine.calendar.look(now);
        Ok(engine)
    }

    /// Signs the engine's own lines of the journal with the machine's name from now on: `prescale@host`.
    pub fn sign(&mut self, host: &str) {
        self.signature = format!("{SELF}@{host}");
    }

    /// The same engine, which takes no command and changes nothing outside: every group is held in `observe`, whatever
    /// was chosen before. The choice stays on disk.
    pub fn read_only(self) -> Engine {
        Engine { read_only: true, ..self }
    }

    /// The same engine, whose screens show the lines of `log`.
    pub fn with_log(self, log: Log) -> Engine {
        Engine { log, ..self }
    }

    /// The engine's clock: the last minute that it worked through.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The groups it watches, by name.
    pub fn groups(&self) -> &[Watched] {
        &self.groups
    }

    /// Puts every group into `mode` without a word: how a backtest begins.
    pub fn begin_in(&mut self, mode: Mode) {
        for watched in &mut self.groups {
            watched.mode = mode;
            // What is set up between here and the first minute is nobody's change.
            watched.state = None;
        }
    }

    /// The history on disk.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Works through one minute that begins at `now`, and returns what was decided.
    ///
    /// Trouble with the outside world is not an error: it is shown, and the groups go on with what they know.
    ///
    /// # Errors
    /// Only when the store cannot be written: without a journal nothing may act.
    pub async fn minute(&mut self, now: Time) -> Result<Vec<Step>, StoreError> {
        self.minute_at(now, None).await
    }

    /// [`Engine::minute`], in which the `desk` is answered while the world is waited for.
    async fn minute_at(&mut self, now: Time, mut desk: Option<&mut Desk>) -> Result<Vec<Step>, StoreError> {
        self.now = now;
        if self.calendar.look(now) {
            self.note(None, "calendar", "the calendar was read anew".into())?;
        }
        let collected = self.collect(now, desk.as_deref_mut()).await?;
        if desk.as_ref().is_some_and(|desk| desk.is_stopping()) {
            return Ok(Vec::new());
        }
        let fresh = collected.is_ok();
        self.say_trouble(collected.err())?;
        self.keep_leases().await?;
        self.reconcile(now)?;
        self.notice(now)?;
        if fresh {
            self.watch_floors().await?;
        }
        self.expire(now)?;
        let mut steps = Vec::new();
        for at in 0..self.groups.len() {
            let cycle_due = self.cycle(at, now)?;
            if cycle_due {
                self.examine_model(at).await?;
            }
            let plan = self.plan(at, cycle_due);
            self.keep_ledger(at, plan.as_ref().map(|(plan, _)| plan))?;
            if let Some((plan, checks)) = plan {
                steps.extend(self.decide(at, &plan, &checks, cycle_due).await?);
                self.groups[at].plan = Some((plan, checks));
            }
        }
        if fresh {
            self.save_history(now, desk).await?;
        }
        self.archive(now)?;
        self.newer_models(now)?;
        self.share_calendar(now)?;
        self.follow_training(now)?;
        self.follow_backtest();
        self.pass_on()?;
        Ok(steps)
    }

    /// Makes a new forecast and measures anew when it is time; returns whether it was.
    fn cycle(&mut self, at: usize, now: Time) -> Result<bool, StoreError> {
        let watched = &mut self.groups[at];
        let cycle = watched.options.settings.cycle;
        let elapsed = watched.cycled.map(|c| (now - c).num_seconds());
        let news = watched.fresh_steps > 0 && watched.options.step >= cycle;
        if !(news || elapsed.is_none_or(|e| e >= cycle)) {
            return Ok(false);
        }
        watched.cycled = Some(now);
        watched.fresh_steps = 0;
        watched.forecast = watched.mind.forecast(now);
        watched.measure(now);
        self.store.save_forecasts(&watched.name, &watched.forecast)?;
        self.persist(at, now)?;
        Ok(true)
    }

    /// Writes what the last cycle brought to disk.
    fn persist(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let watched = &mut self.groups[at];
        // The first time all of it, then what is new and what late points may have filled.
        let since = watched.saved.map_or(Time::MIN_UTC, |saved| shift(saved, -collect::ASK_AGAIN));
        let minutes = watched.minutes.iter().map(|(m, s)| (*m, s.between(since, now)));
        let late = watched.options.late + watched.options.step;
        let demand = watched.demand.between(shift(since, -late), now);
        let mut all: Vec<(Metric, _)> = minutes.collect();
        all.push((Metric::Demand, demand));
        watched.saved = Some(now);
        let name = watched.name.as_str();
        self.store.append_all(all.iter().map(|(metric, series)| (name, *metric, series)))
    }

    /// What the policy wants, and what the checks say of it.
    fn plan(&mut self, at: usize, cycle_due: bool) -> Option<(Plan, Preflight)> {
        let now = self.now;
        let events = self.calendar.concerning(&self.groups[at].name);
        let watched = &mut self.groups[at];
        let recent_most = watched.recent_most(now);
        let own = watched.own_state()?;
        let delay = watched.actuator().delay();
        let lead = watched.lead.0 + delay;
        let situation = Situation {
            now,
            cycle_due,
            group: &own,
            forecast: watched.forecast.as_ref(),
            load: watched.load_now(now),
            history: &watched.demand,
            capacity: watched.capacity.as_ref().map(|(c, _)| *c),
            lead,
            events: &soon(events, now, lead + watched.options.settings.cycle),
            recent_most,
            settings: &watched.options.settings,
        };
        let warm = watched.warm.map(|(seconds, _)| seconds + delay);
        let plan = lead::plan(watched.options.settings.policy, &situation, warm)?;
        let unheld = plan.unheld.unwrap_or(plan.want);
        watched.wants.push_back((now, unheld));
        let checks = self.check(at, plan.want)?;
        Some((plan, checks))
    }

    /// Runs preflight on the wish to set `want`.
    fn check(&mut self, at: usize, want: u32) -> Option<Preflight> {
        let now = self.now;
        let events = self.calendar.concerning(&self.groups[at].name);
        let watched = &mut self.groups[at];
        let actions_last_hour = watched.actions_last_hour(now);
        let watched = &self.groups[at];
        let steered = watched.steered(want)?;
        let no_lease = self.no_lease(watched).filter(|_| watched.steered_from() != Some(want));
        Some(preflight::run(
            want,
            &preflight::Circumstances {
                now,
                group: &steered,
                data_age: watched.data_age(now),
                last_out: watched.last_action(true),
                last_in: watched.last_action(false),
                actions_last_hour,
                reversals: watched.reversals(now),
                failed_launches: watched.failed_launches(),
                lead: watched.lead.0,
                events: &events,
                brake: self.brake,
                auto: watched.mode == Mode::Auto,
                actuator: watched.actuator(),
                jump: self.jump(watched.options.settings.cycle),
                sick_model: watched.signals.sick.as_deref(),
                foreign: watched.signals.foreign.as_ref(),
                calls: self.calls(),
                rejected: watched.rejected_to(),
                no_lease: no_lease.as_deref(),
                limits: &watched.options.limits,
            },
        ))
    }

    /// Writes the simulation's state once a cycle, so that a restart goes on from there.
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
            Ok(snapshot) => self.store.set(SNAPSHOT, &snapshot),
            Err(_) => Ok(()),
        }
    }

    /// Puts a line of the engine's own into the journal.
    fn note(&mut self, group: Option<&str>, kind: &str, text: String) -> Result<(), StoreError> {
        let entry = self.entry(SELF, group, kind, text, None);
        self.store.note(&entry).map(drop)
    }

    fn entry(
        &self,
        operator: &str,
        group: Option<&str>,
        kind: &str,
        text: String,
        decision: Option<i64>,
    ) -> JournalEntry {
        let operator = if operator == SELF { &self.signature } else { operator };
        JournalEntry {
            id: 0,
            at: self.now,
            group: group.map(str::to_owned),
            kind: kind.to_owned(),
            operator: crate::domain::text::clean(operator, 80),
            text: crate::domain::text::clean(&text, 600),
            decision,
        }
    }
}

/// The events among `events` that touch the next `seconds`.
fn soon(
    events: Vec<crate::domain::event::Event>,
    now: Time,
    seconds: i64,
) -> Vec<crate::domain::event::Event> {
    let until = shift(now, seconds);
    events.into_iter().filter(|e| e.touches(now, until)).collect()
}

#[cfg(test)]
mod answers_tests;
#[cfg(test)]
mod backfill_tests;
#[cfg(test)]
mod demand_tests;
#[cfg(test)]
mod desk_tests;
#[cfg(test)]
mod floor_soak_tests;
#[cfg(test)]
mod floor_tests;
#[cfg(test)]
mod hindsight_tests;
#[cfg(test)]
mod learning_tests;
#[cfg(test)]
mod lease_tests;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod read_only_tests;
#[cfg(test)]
mod same_stance_tests;
#[cfg(test)]
mod signals_tests;
#[cfg(test)]
mod tests;
