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

mod act;
pub mod calendar;
pub mod clock;
mod fleet;
pub mod group;
pub mod jobs;
mod observe;
pub mod options;
pub mod serve;

use self::fleet::calendar_sync;
use self::fleet::history_sync;
use self::fleet::operator_state;
use self::group::spill;
use self::jobs::backtest;
use self::observe::anomalies;
use self::observe::backfill;
use self::observe::collect;
pub use group::forecasters::Forecasters;
pub use serve::journal_feed::{JournalEvent, JournalFeed};

use std::sync::Arc;

use self::{
    calendar::Events,
    group::runtime::GroupRuntime,
    jobs::training::Trainer,
    options::{CloudAccess, EngineOptions},
    serve::session::Session,
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
    link::{JournalEntry, LogBuffer, Notice, Viewport},
    plan::{PlanContext, lead, preflight},
    shared::LeaseManager,
    store::{Store, StoreError},
};

/// The name under which the engine itself writes into the journal.
pub const SELF: &str = "prescale";

/// Where the store keeps the simulation's state.
pub const SNAPSHOT: &str = "simulator";

/// One engine and everything it owns.
pub struct Engine {
    options: EngineOptions,
    world: CloudAccess,
    scaler: Option<Box<dyn Scaler>>,
    store: Store,
    groups: Vec<GroupRuntime>,
    calendar: Events,
    trainer: Trainer,
    backtests: backtest::Backtests,
    brake: bool,
    /// No command is taken and nothing outside is changed.
    read_only: bool,
    /// What the program did, for screens.
    log: LogBuffer,
    /// Intentions that an earlier run left have been looked at.
    reconciled: bool,
    /// What is wrong with the outside world, in words.
    trouble: Option<Notice>,
    viewport: Viewport,
    serial: u64,
    now: Time,
    listener: Option<Box<dyn JournalFeed>>,
    /// Newest line of the journal that the listener has heard of.
    journal_cursor: i64,
    anomalies: anomalies::Anomalies,
    /// How the engine signs its own lines of the journal.
    signature: String,
    backfill: backfill::Backfill,
    /// Where several processes share a fleet.
    leases: Option<LeaseManager>,
    archive: Option<history_sync::HistorySync>,
    same_calendar: Option<calendar_sync::CalendarSync>,
    operator_state: Option<operator_state::OperatorStateSync>,
    /// Where forecasters of a large fleet sleep; made when it is needed.
    spill_file: Option<Arc<spill::SpillFile>>,
}

/// A decision that was carried out or advised in one minute, for those who print them.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupDecision {
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
    pub fn new(options: EngineOptions, world: CloudAccess, store: Store) -> Result<Engine, StoreError> {
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
            backtests: backtest::Backtests::default(),
            brake,
            read_only: false,
            log: LogBuffer::default(),
            reconciled: false,
            trouble: None,
            viewport: Viewport::default(),
            serial: 0,
            now,
            listener: None,
            journal_cursor: 0,
            anomalies: anomalies::Anomalies::default(),
            signature: SELF.to_owned(),
            backfill: backfill::Backfill::default(),
            leases: None,
            archive: None,
            same_calendar: None,
            operator_state: None,
            spill_file: None,
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
    pub fn with_log(self, log: LogBuffer) -> Engine {
        Engine { log, ..self }
    }

    /// The engine's clock: the last minute that it worked through.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The groups it watches, by name.
    pub fn groups(&self) -> &[GroupRuntime] {
        &self.groups
    }

    /// Puts every group into `mode` without a word: how a backtest begins.
    pub fn begin_in(&mut self, mode: Mode) {
        for group in &mut self.groups {
            group.mode = mode;
            // What is set up between here and the first minute is nobody's change.
            group.state = None;
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
    pub async fn minute(&mut self, now: Time) -> Result<Vec<GroupDecision>, StoreError> {
        self.minute_at(now, None).await
    }

    /// [`Engine::minute`], in which the `desk` is answered while the world is waited for.
    async fn minute_at(
        &mut self,
        now: Time,
        mut session: Option<&mut Session>,
    ) -> Result<Vec<GroupDecision>, StoreError> {
        self.now = now;
        if self.calendar.look(now) {
            self.note(None, "calendar", "the calendar was read anew".into())?;
        }
        let collected = self.collect(now, session.as_deref_mut()).await?;
        if session.as_ref().is_some_and(|session| session.is_stopping()) {
            return Ok(Vec::new());
        }
        let fresh = collected.is_ok();
        self.record_source_error(collected.err())?;
        self.keep_leases().await?;
        self.reconcile(now)?;
        self.detect_anomalies(now)?;
        if fresh {
            self.watch_floors().await?;
        }
        self.expire(now)?;
        let mut steps = Vec::new();
        for at in 0..self.groups.len() {
            let cycle_due = self.cycle(at, now)?;
            if cycle_due {
                self.check_model_health(at).await?;
            }
            let plan = self.plan(at, cycle_due);
            self.update_scorecard(at, plan.as_ref().map(|(plan, _)| plan))?;
            if let Some((plan, checks)) = plan {
                steps.extend(self.decide(at, &plan, &checks, cycle_due).await?);
                self.groups[at].plan = Some((plan, checks));
            }
        }
        if fresh {
            self.save_history(now, session).await?;
        }
        self.archive(now)?;
        self.newer_models(now)?;
        self.share_calendar(now)?;
        self.follow_training(now)?;
        self.follow_backtest();
        self.feed_journal()?;
        Ok(steps)
    }

    /// Makes a new forecast and measures anew when it is time; returns whether it was.
    fn cycle(&mut self, at: usize, now: Time) -> Result<bool, StoreError> {
        let group = &mut self.groups[at];
        let cycle = group.options.settings.cycle;
        let elapsed = group.cycled.map(|c| (now - c).num_seconds());
        let news = group.fresh_steps > 0 && group.options.step >= cycle;
        if !(news || elapsed.is_none_or(|e| e >= cycle)) {
            return Ok(false);
        }
        group.cycled = Some(now);
        group.fresh_steps = 0;
        group.forecast = group.forecasters.forecast(now);
        group.measure(now);
        self.store.save_forecasts(&group.name, &group.forecast)?;
        self.persist(at, now)?;
        Ok(true)
    }

    /// Writes what the last cycle brought to disk.
    fn persist(&mut self, at: usize, now: Time) -> Result<(), StoreError> {
        let group = &mut self.groups[at];
        // The first time all of it, then what is new and what late points may have filled.
        let since = group.saved.map_or(Time::MIN_UTC, |saved| shift(saved, -collect::ASK_AGAIN));
        let minutes = group.minutes.iter().map(|(m, s)| (*m, s.between(since, now)));
        let late = group.options.late + group.options.step;
        let demand = group.demand.between(shift(since, -late), now);
        let mut all: Vec<(Metric, _)> = minutes.collect();
        all.push((Metric::Demand, demand));
        group.saved = Some(now);
        let name = group.name.as_str();
        self.store.append_all(all.iter().map(|(metric, series)| (name, *metric, series)))
    }

    /// What the policy wants, and what the checks say of it.
    fn plan(&mut self, at: usize, cycle_due: bool) -> Option<(Plan, Preflight)> {
        let now = self.now;
        let events = self.calendar.concerning(&self.groups[at].name);
        let group = &mut self.groups[at];
        let recent_most = group.recent_most(now);
        let own = group.own_state()?;
        let delay = group.actuator().delay();
        let lead = group.lead.0 + delay;
        let context = PlanContext {
            now,
            cycle_due,
            group: &own,
            forecast: group.forecast.as_ref(),
            load: group.load_now(now),
            history: &group.demand,
            capacity: group.capacity.as_ref().map(|(c, _)| *c),
            lead,
            events: &soon(events, now, lead + group.options.settings.cycle),
            recent_most,
            settings: &group.options.settings,
        };
        let warm = group.warm.map(|(seconds, _)| seconds + delay);
        let plan = lead::plan(group.options.settings.policy, &context, warm)?;
        let unheld = plan.unheld.unwrap_or(plan.want);
        group.wants.push_back((now, unheld));
        let checks = self.check(at, plan.want)?;
        Some((plan, checks))
    }

    /// Runs preflight on the wish to set `want`.
    fn check(&mut self, at: usize, want: u32) -> Option<Preflight> {
        let now = self.now;
        let events = self.calendar.concerning(&self.groups[at].name);
        let group = &mut self.groups[at];
        let actions_last_hour = group.actions_last_hour(now);
        let group = &self.groups[at];
        let steered = group.steered(want)?;
        let no_lease = self.no_lease(group).filter(|_| group.steered_from() != Some(want));
        Some(preflight::run(
            want,
            &preflight::PreflightContext {
                now,
                group: &steered,
                events: &events,
                data: preflight::DataQuality {
                    age: group.data_age(now),
                    clock_jump: self.jump(group.options.settings.cycle),
                    sick_model: group.signals.sick.as_deref(),
                },
                scaling: preflight::ScalingState {
                    actuator: group.actuator(),
                    lead: group.lead.0,
                    failed_launches: group.failed_launches(),
                },
                pace: preflight::Pace {
                    last_out: group.last_action(true),
                    last_in: group.last_action(false),
                    actions: actions_last_hour,
                    reversals: group.reversals(now),
                    calls: self.calls(),
                },
                others: preflight::OtherActors {
                    foreign: group.signals.foreign.as_ref(),
                    no_lease: no_lease.as_deref(),
                },
                operator: preflight::OperatorChoice {
                    auto: group.mode == Mode::Auto,
                    brake: self.brake,
                    rejected: group.rejected_to(),
                },
                limits: &group.options.limits,
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
mod tests;
