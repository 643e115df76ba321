//! Backtests: a group's own history simulated under several policies, on a separate thread.
//!
//! The engine collects the history ([`BacktestInput`]), starts the thread, and forwards its messages. The
//! [`Backtester`] is supplied when the engine is assembled, since a backtest runs an engine and depends on this module.

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

/// Maximum days of history before the start of a backtest: as many as a live engine starts with.
const LEARNED: Seconds = 35 * 86_400;
/// Maximum days of one backtest.
const MOST_DAYS: u32 = 31;
/// Minimum steps of history.
const LEAST_STEPS: usize = 24;

/// A group's history, owned, with all that a policy needs to be simulated over it.
#[derive(Debug, Clone)]
pub struct BacktestInput {
    /// Demand, load per step, starting before `from`.
    pub demand: Series,
    /// Instances in service per minute, as recorded.
    pub in_service: Series,
    /// Events that concern the group.
    pub events: Vec<Event>,
    /// Time zone of local days.
    pub zone: Tz,
    /// Load per step that one instance serves at 100 %.
    pub capacity: f64,
    /// Lead time in seconds, from launch request to in service.
    pub lead: Seconds,
    /// MinSize and MaxSize.
    pub bounds: (u32, u32),
    /// The group's own settings, with the target of its AWS policy where it has one.
    pub settings: Settings,
    /// Its own limits.
    pub limits: Limits,
    /// Price of an instance-hour.
    pub price: Option<f64>,
    /// Whether the prior is adapted once a local day, as it is in service.
    pub retrain: bool,
    /// Start of the simulated period.
    pub from: Time,
}

/// Result of one contender.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestResult {
    /// Its figures.
    pub summary: Summary,
    /// Instances in service, downsampled for a chart.
    pub in_service: Series,
    /// Instances that the load needed, downsampled likewise.
    pub needed: Series,
}

/// Runs backtests.
pub trait Backtester: Send + Sync {
    /// Names of the policies that it knows.
    fn contenders(&self) -> Vec<&'static str>;

    /// Simulates `contender` over `past`; `progress` receives the share done and may cancel it. `None` when it was
    /// cancelled.
    ///
    /// # Errors
    /// A message for the operator.
    fn walk(
        &self,
        input: &BacktestInput,
        contender: &str,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Option<BacktestResult>, String>;
}

/// The running backtest and the newest result.
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
            return Err("a backtest is already running; cancel it or wait for it".into());
        }
        let (sender, news) = mpsc::channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let summary = format!("{} under {}", shown.group, contenders.join(", "));
        let job = BacktestJob { by, input, contenders, cancel: cancel.clone() };
        let thread = std::thread::Builder::new().name("backtest".into()).spawn(move || job.run(&sender));
        thread.map_err(|e| format!("cannot start the backtest thread: {e}"))?;
        self.running = Some(RunningBacktest { news, cancel });
        self.newest = Some(shown);
        Ok(format!("backtest of {summary} has begun"))
    }

    fn cancel(&mut self) -> Answer {
        let running = self.running.as_ref().ok_or("no backtest is running")?;
        running.cancel.store(true, Ordering::Relaxed);
        Ok("stopping the backtest".into())
    }

    /// Handles messages of the thread.
    fn follow(&mut self) {
        while let Some(running) = &self.running {
            let news = match running.news.try_recv() {
                Ok(news) => news,
                Err(mpsc::TryRecvError::Empty) => return,
                Err(mpsc::TryRecvError::Disconnected) => {
                    BacktestUpdate::Over(BacktestState::Failed("it ended without a result".into()))
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
    /// Runs backtests with `by` from now on.
    pub fn backtest_with(&mut self, by: Arc<dyn Backtester>) {
        self.backtests.by = Some(by);
    }

    /// True while a backtest is running.
    pub fn is_backtesting(&self) -> bool {
        self.backtests.running.is_some()
    }

    /// Handles messages of the backtest thread.
    pub(in crate::engine) fn follow_backtest(&mut self) {
        self.backtests.follow();
    }

    /// Starts a backtest of the last `days` of `group`.
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
        if contenders.len() > known.len() {
            return Ok(Err("name each policy once".into()));
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

    /// Cancels the running backtest.
    pub(in crate::engine) fn cancel_backtest(&mut self) -> Answer {
        self.backtests.cancel()
    }

    /// The stored history of a group; `Err` says why it cannot be backtested.
    fn input(&self, at: usize, days: u32) -> Result<Result<BacktestInput, String>, StoreError> {
        let group = &self.groups[at];
        let Some(state) = &group.state else { return Ok(Err("the group has not been read yet".into())) };
        let Some((capacity, _)) = &group.memory.capacity else {
            return Ok(Err("capacity per instance is not yet known".into()));
        };
        let length = Seconds::from(days) * 86_400;
        let (name, step) = (group.name.as_str(), group.options.step);
        let oldest = shift(self.now, -length - LEARNED);
        let stored = self.store.load(name, Metric::Demand, step, oldest, self.now)?;
        let demand = stored.before(group.forecasters.known_until());
        if demand.len() < LEAST_STEPS {
            return Ok(Err(format!("only {} steps of history; let prescale run longer first", demand.len())));
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
            retrain: self.trainer.adapts_daily(),
            from,
            demand,
            in_service,
        }))
    }

    /// Its view before the first result.
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

/// The parameters that all contenders share, as text.
fn basis(group: &GroupRuntime, input: &BacktestInput) -> String {
    let unit = charts::unit(group);
    format!(
        "{:.1} {unit} per instance, lead time {} s, {}-{} instances, target utilisation {:.0} %, target tracking at \
         {:.0} %",
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
    state.policies.items().iter().filter(|policy| policy.enabled).find_map(|policy| match policy.kind {
        PolicyKind::TargetTracking { target, .. } => Some((target / 100.0).clamp(0.1, 1.0)),
        PolicyKind::Step | PolicyKind::Predictive => None,
    })
}

/// Name of the policy that sizes the group now: its AWS policy if it has one, else that of prescale where it may act.
fn present(group: &GroupRuntime) -> Option<String> {
    let kinds = || group.state.iter().flat_map(|s| s.policies.items()).filter(|p| p.enabled).map(|p| p.kind);
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
