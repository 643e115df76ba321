//! The loop. The only owner of live state; everything else asks it.
//!
//! Once a minute of the group's time ([`Engine::minute`]): collect → forecast (once a cycle) → plan →
//! preflight → decide → execute, each step a plain value, each decision in the journal before it acts. The
//! same engine runs in the console, in the agent and in backtests; only the world and the clock differ.
//!
//! Start with [`Engine::minute`] in this file. Then [`watched`] (what is held of one group), `collect`, `decide`
//! (from plans to proposals), `answers` (what operators say to them), `execute` (the only caller of a mutating
//! call), `floor` (MinSize that is ours, and its way back), `lease` (which groups are ours to act on), `notice` (what else is seen: others, incidents, sick models), `command` (what operators may ask), `listen` (who else
//! hears of the journal), `models` (training), `view` (what screens see) and [`run`] (the live task around it all).

pub mod calendar;
pub mod clock;
pub mod models;
pub mod options;
pub mod run;
pub mod watched;

mod answers;
mod archive;
mod charts;
mod collect;
mod command;
mod decide;
mod execute;
mod floor;
mod lease;
mod listen;
mod notice;
mod same_calendar;
mod view;

pub use listen::{Listener, Noted};

use self::{calendar::Events, models::Trainer, options::EngineOptions, options::World, watched::Watched};
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
    link::{JournalEntry, Notice, Viewport},
    plan::{Situation, preflight},
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
    brake: bool,
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
    /// Where several processes share a fleet.
    leases: Option<Keeper>,
    archive: Option<archive::Archive>,
    same_calendar: Option<same_calendar::SameCalendar>,
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
        let calendar = Events::new(options.calendar.clone(), options.events.clone(), options.zone);
        let now = options.start;
        let mut engine = Engine {
            options,
            world,
            scaler: None,
            store,
            groups: Vec::new(),
            calendar,
            trainer,
            brake,
            reconciled: false,
            trouble: None,
            viewport: Viewport::default(),
            serial: 0,
            now,
            listener: None,
            told: 0,
            noticed: notice::Noticed::default(),
            leases: None,
            archive: None,
            same_calendar: None,
        };
        engine.calendar.look(now);
        Ok(engine)
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
        self.now = now;
        if self.calendar.look(now) {
            self.note(None, "calendar", "the calendar was read anew".into())?;
        }
        let collected = self.collect(now).await;
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
            if let Some((plan, checks)) = self.plan(at, cycle_due) {
                steps.extend(self.decide(at, &plan, &checks, cycle_due).await?);
                self.groups[at].plan = Some((plan, checks));
            }
        }
        self.archive(now)?;
        self.share_calendar(now)?;
        self.follow_training(now)?;
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
        watched.forecast = watched.champion.forecast(now);
        watched.measure(now);
        // What was thought at the end of each step on the way here, then what is thought now.
        for forecast in watched.looked_back.drain(..).chain(watched.forecast.clone()) {
            self.store.save_forecast(&watched.name, &forecast)?;
        }
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
        let lead = watched.lead.0 + watched.actuator().delay();
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
        let plan = watched.options.settings.policy.plan(&situation)?;
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

    /// A group seen for the first time: options, mode and history as an earlier run left them.
    fn first_sight(&mut self, name: &str, now: Time) -> Watched {
        let options = (self.options.group)(name);
        let start = shift(now, -self.options.backfill);
        let start = on_grid(start, self.options.anchor, options.step);
        let mut watched = Watched::new(name, options, start, now, self.calendar.zone());
        if let Ok(Some(mode)) = self.store.get::<Mode>(&format!("mode:{name}")) {
            watched.mode = mode;
        }
        self.recall_answers(&mut watched);
        watched.signals.sick = self.store.get(&notice::sick_key(name)).ok().flatten().flatten();
        watched.held = self.store.get(&floor::key(name)).ok().flatten().flatten();
        self.recall(&mut watched, start, now);
        models::install_network(&mut self.trainer, &mut watched);
        watched
    }

    /// Fills a group's series from the store and lets the champion walk through them.
    fn recall(&self, watched: &mut Watched, start: Time, now: Time) {
        let name = watched.name.clone();
        let load = |metric, step, from| self.store.load(&name, metric, step, from, now).ok();
        let minutes: Vec<_> = watched.minutes.iter().map(|(m, s)| (*m, load(*m, 60, s.start()))).collect();
        for (metric, stored) in minutes {
            stored.iter().for_each(|s| watched.collect(metric, s));
        }
        if let Some(demand) = load(Metric::Demand, watched.options.step, start) {
            // Only steps up to the newest stored one: what came after is still to be asked for. A store that
            // begins much later than the history wanted is no help; then all of it is asked for again.
            let known = demand.last_known().map_or(start, |(t, _)| shift(t, watched.options.step));
            if demand.start() <= shift(start, 2 * 86_400) {
                watched.learn(&demand, &self.calendar.concerning(&name), known);
            }
        }
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
        JournalEntry {
            id: 0,
            at: self.now,
            group: group.map(str::to_owned),
            kind: kind.to_owned(),
            operator: crate::domain::text::clean(operator, 64),
            text: crate::domain::text::clean(&text, 600),
            decision,
        }
    }
}

/// `time` moved back to a step of the grid that contains `anchor`.
fn on_grid(time: Time, anchor: Time, step: i64) -> Time {
    shift(anchor, (time - anchor).num_seconds().div_euclid(step.max(1)) * step.max(1))
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
mod floor_soak_tests;
#[cfg(test)]
mod floor_tests;
#[cfg(test)]
mod lease_tests;
#[cfg(test)]
mod signals_tests;
#[cfg(test)]
mod tests;
