//! What would have happened: a group's own past walked anew under several policies, on a thread of its own.
//!
//! The engine gathers the past ([`BacktestInput`]), starts the thread, and passes on what it tells. Who walks ([`Backtester`]) is
//! handed in by whoever puts the engine together, since a backtest is itself an engine and knows this room.

mod job;

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver},
    },
};

use chrono_tz::Tz;

use self::job::{BacktestJob, BacktestUpdate};
use crate::{
    domain::{
        Answer, Seconds, Time,
        event::Event,
        group::{GroupState, PolicyKind},
        journal::JournalKind,
        metric::Metric,
        series::Series,
        shift,
        summary::Summary,
    },
    engine::{Engine, group::runtime::GroupRuntime, serve::charts},
    link::{Backtest, BacktestRow, BacktestState, BacktestView},
    plan::{Policy, Settings, preflight::Limits},
    store::StoreError,
};

/// Days of history before the first moment of a walk, at the most: what a live engine begins with.
const LEARNED: Seconds = 35 * 86_400;
/// Most days that may be walked anew.
const MOST_DAYS: u32 = 31;
/// Steps of history below which nothing can be said.
const LEAST_STEPS: usize = 24;

/// A group's past, owned, with all that a policy needs to live through it again.
#[derive(Debug, Clone)]
pub struct BacktestInput {
    /// Demand, load per step, from before `from` on.
    pub demand: Series,
    /// Instances in service, minute by minute, as they were.
    pub in_service: Series,
    /// Events that concern the group.
    pub events: Vec<Event>,
    /// Zone of people's days.
    pub zone: Tz,
    /// Load per step that one instance serves at 100 %.
    pub capacity: f64,
    /// Seconds from order to service.
    pub lead: Seconds,
    /// MinSize and MaxSize.
    pub bounds: (u32, u32),
    /// The group's own settings, with the target of its AWS policy where it has one.
    pub settings: Settings,
    /// Its own limits.
    pub limits: Limits,
    /// Price of an instance-hour.
    pub price: Option<f64>,
    /// First moment to decide about.
    pub from: Time,
}

/// What one contender came to.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestResult {
    /// Its figures.
    pub summary: Summary,
    /// Instances in service, thinned for a chart.
    pub in_service: Series,
    /// Instances that the load needed, thinned likewise.
    pub needed: Series,
}

/// Walks a past anew.
pub trait Backtester: Send + Sync {
    /// Names of the policies that it knows.
    fn contenders(&self) -> Vec<&'static str>;

    /// Lives through `past` as `contender` would have; `progress` hears the share done and may end it. `None` when it was
    /// ended.
    ///
    /// # Errors
    /// In words for the operator.
    fn walk(
        &self,
        input: &BacktestInput,
        contender: &str,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Option<BacktestResult>, String>;
}

/// The backtest under way and the newest result.
#[derive(Default)]
pub(in crate::engine) struct Backtests {
    by: Option<Arc<dyn Backtester>>,
    running: Option<RunningBacktest>,
    newest: Option<Backtest>,
}

struct RunningBacktest {
    news: Receiver<BacktestUpdate>,
    cancel: Arc<AtomicBool>,
}

impl Backtests {
    /// For the screen.
    pub fn view(&self) -> BacktestView {
        let names = self.by.as_ref().map_or_else(Vec::new, |by| by.contenders());
        BacktestView {
            contenders: names.into_iter().map(str::to_owned).collect(),
            newest: self.newest.clone(),
        }
    }

    fn start(&mut self, input: BacktestInput, contenders: Vec<String>, shown: Backtest) -> Answer {
        let by = self.by.clone().ok_or("this process runs no backtests")?;
        if self.running.is_some() {
            return Err("a backtest is under way; cancel it or let it end".into());
        }
        let (sender, news) = mpsc::channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let summary = format!("{} under {}", shown.group, contenders.join(", "));
        let job = BacktestJob { by, input, contenders, cancel: cancel.clone() };
        let thread = std::thread::Builder::new().name("backtest".into()).spawn(move || job.run(&sender));
        thread.map_err(|e| format!("no thread for the backtest: {e}"))?;
        self.running = Some(RunningBacktest { news, cancel });
        self.newest = Some(shown);
        Ok(format!("backtest of {summary}"))
    }

    fn cancel(&mut self) -> Answer {
        let running = self.running.as_ref().ok_or("no backtest is under way")?;
        running.cancel.store(true, Ordering::Relaxed);
        Ok("the backtest stops".into())
    }

    /// Takes in what the thread has told.
    fn follow(&mut self) {
        while let Some(running) = &self.running {
            let news = match running.news.try_recv() {
                Ok(news) => news,
                Err(mpsc::TryRecvError::Empty) => return,
                Err(mpsc::TryRecvError::Disconnected) => {
                    BacktestUpdate::Over(BacktestState::Failed("it ended without a word".into()))
                }
            };
            let Some(shown) = &mut self.newest else { return };
            match news {
                BacktestUpdate::Share(share) => shown.share = share,
                BacktestUpdate::Refused(why) => shown.remarks.push(why),
                BacktestUpdate::Row(walked) => {
                    let BacktestResult { summary, in_service, needed } = *walked;
                    shown.needed = Some(needed);
                    shown.rows.push(BacktestRow { summary, in_service });
                }
                BacktestUpdate::Over(state) => {
                    shown.state = state;
                    self.running = None;
                }
            }
        }
    }
}

impl Engine {
    /// Lets `by` walk backtests for the screen from now on.
    pub fn backtest_with(&mut self, by: Arc<dyn Backtester>) {
        self.backtests.by = Some(by);
    }

    /// True while a backtest is under way.
    pub fn is_backtesting(&self) -> bool {
        self.backtests.running.is_some()
    }

    /// Takes in what a backtest has told.
    pub(in crate::engine) fn follow_backtest(&mut self) {
        self.backtests.follow();
    }

    /// Starts walking the last `days` of `group` anew.
    pub(in crate::engine) fn backtest(
        &mut self,
        operator: &str,
        group: &str,
        contenders: Vec<String>,
        days: u32,
    ) -> Result<Answer, StoreError> {
        let Some(at) = self.groups.iter().position(|w| w.name == group) else {
            return Ok(Err(format!("there is no group {group}")));
        };
        let known = self.backtests.by.as_ref().map_or_else(Vec::new, |by| by.contenders());
        if let Some(unknown) = contenders.iter().find(|c| !known.contains(&c.as_str())) {
            return Ok(Err(format!("there is no policy `{unknown}` to compare")));
        }
        if contenders.is_empty() || !(1..=MOST_DAYS).contains(&days) {
            return Ok(Err(format!("choose at least one policy, and 1 to {MOST_DAYS} days")));
        }
        let answer = match self.input(at, days)? {
            Ok(input) => {
                let shown = self.shown(at, &input);
                self.backtests.start(input, contenders, shown)
            }
            Err(why) => Err(why),
        };
        self.remember(operator, Some(group), JournalKind::Backtest, answer)
    }

    /// Stops the backtest under way.
    pub(in crate::engine) fn cancel_backtest(&mut self) -> Answer {
        self.backtests.cancel()
    }

    /// The past of a group as the store has it; `Err` says why nothing can be walked.
    fn input(&self, at: usize, days: u32) -> Result<Result<BacktestInput, String>, StoreError> {
        let group = &self.groups[at];
        let Some(state) = &group.state else { return Ok(Err("the group has not been seen yet".into())) };
        let Some((capacity, _)) = &group.memory.capacity else {
            return Ok(Err("what one instance serves is not learned yet".into()));
        };
        let length = Seconds::from(days) * 86_400;
        let (name, step) = (group.name.as_str(), group.options.step);
        let oldest = shift(self.now, -length - LEARNED);
        let stored = self.store.load(name, Metric::Demand, step, oldest, self.now)?;
        let demand = stored.before(group.forecasters.known_until());
        if demand.len() < LEAST_STEPS {
            return Ok(Err(format!("{} steps of history are too few; let it run for longer", demand.len())));
        }
        let half = demand.time_of(demand.len() / 2);
        let from = half.max(shift(demand.known_until(), -length));
        let in_service = self.store.load(name, Metric::InService, 60, from, self.now)?;
        let settings = Settings {
            tracking_target: target_of(state).unwrap_or(group.options.settings.tracking_target),
            ..group.options.settings.clone()
        };
        Ok(Ok(BacktestInput {
            events: self.calendar.concerning(name),
            zone: self.calendar.zone(),
            capacity: *capacity,
            lead: group.lead.0,
            bounds: (state.min, state.max),
            settings,
            limits: group.options.limits.clone(),
            price: group.options.price,
            from,
            demand,
            in_service,
        }))
    }

    /// What the screen shows of it before the first result.
    fn shown(&self, at: usize, input: &BacktestInput) -> Backtest {
        let group = &self.groups[at];
        Backtest {
            group: group.name.clone(),
            from: input.from,
            until: input.demand.known_until(),
            state: BacktestState::Running,
            share: 0.0,
            present: present(group),
            basis: basis(group, input),
            rows: Vec::new(),
            needed: None,
            remarks: Vec::new(),
        }
    }
}

/// The numbers that all contenders share, in words.
fn basis(group: &GroupRuntime, input: &BacktestInput) -> String {
    let unit = charts::unit(group);
    format!(
        "{:.1} {unit} an instance, {} s to service, {}-{} instances, {:.0} % not to exceed, tracking {:.0} %",
        input.capacity,
        input.lead,
        input.bounds.0,
        input.bounds.1,
        100.0 * input.settings.target,
        100.0 * input.settings.tracking_target
    )
}

/// Target of the group's own target-tracking policy, as a share.
fn target_of(state: &GroupState) -> Option<f64> {
    state.policies.iter().filter(|policy| policy.enabled).find_map(|policy| match policy.kind {
        PolicyKind::TargetTracking { target, .. } => Some((target / 100.0).clamp(0.1, 1.0)),
        PolicyKind::Step | PolicyKind::Predictive => None,
    })
}

/// Name of the policy that sizes the group now: AWS's where it has one, else ours where it may act.
fn present(group: &GroupRuntime) -> Option<String> {
    let kinds = || group.state.iter().flat_map(|s| &s.policies).filter(|p| p.enabled).map(|p| p.kind);
    let aws = if kinds().any(|kind| kind == PolicyKind::Predictive) {
        Some(Policy::AwsPredictive)
    } else if kinds().any(|kind| matches!(kind, PolicyKind::TargetTracking { .. })) {
        Some(Policy::TargetTracking)
    } else if kinds().any(|kind| kind == PolicyKind::Step) {
        Some(Policy::StepScaling)
    } else {
        None
    };
    let acts = group.mode > crate::domain::decision::Mode::Observe;
    let ours = acts.then_some(group.options.settings.policy);
    aws.or(ours).map(|policy| policy.name().to_owned())
}
