//! The snapshot that screens are drawn from.

use serde::{Deserialize, Serialize};

use super::{BacktestView, LogLine, ModelRow, TrainingView};
use crate::{
    calendar::CalendarEntry,
    domain::{
        Seconds, Time, at_epoch,
        decision::{Decision, Mode},
        event::Event,
        group::GroupState,
        journal::JournalEntry,
        plan::Plan,
        preflight::Preflight,
        scorecard::Score,
        series::Series,
    },
};

/// Everything a screen may show at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Grows by one with every view; 0 is the empty view before the first.
    pub serial: u64,
    /// The engine's clock.
    pub now: Time,
    /// IANA name of the zone in which times are shown.
    pub zone: String,
    /// How the clock runs.
    pub clock: ClockView,
    /// Where the data come from: `SIMULATED`, or account and region.
    pub source: String,
    /// True for the embedded simulation: the screen must say so.
    pub simulated: bool,
    /// What reading costs; `None` where it costs nothing.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// True where the engine takes no command and changes nothing outside.
    pub read_only: bool,
    /// True while scale-in is frozen everywhere.
    pub brake: bool,
    /// What the operator must know, most important first.
    pub notices: Vec<Notice>,
    /// The fleet, by name.
    pub groups: Vec<GroupRow>,
    /// The group that [`super::Viewport`] asked for.
    pub detail: Option<GroupDetail>,
    /// Proposals that wait for a person, oldest first.
    pub proposals: Vec<Decision>,
    /// Newest first, at most a few hundred.
    pub journal: Vec<JournalEntry>,
    /// What the program did of late, newest first, at most a few hundred.
    pub log: Vec<LogLine>,
    /// The decision that [`super::Viewport`] asked for, in full.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// The business calendar.
    pub calendar: CalendarView,
    /// Models on disk, newest first within a group.
    pub models: Vec<ModelRow>,
    /// The newest training, running or over.
    pub training: Option<TrainingView>,
    /// Backtests of the fleet's own history.
    pub backtest: BacktestView,
    /// What lies between the engine and the screen; the engine itself leaves it at nothing.
    #[serde(skip)]
    pub wire: Wire,
}

impl View {
    /// True when the engine cannot be reached and this is an old picture.
    pub fn is_lost(&self) -> bool {
        matches!(self.wire, Wire::Lost { .. })
    }
}

impl Default for View {
    fn default() -> Self {
        View {
            serial: 0,
            now: at_epoch(0),
            zone: "UTC".into(),
            clock: ClockView::Real,
            source: String::new(),
            simulated: false,
            usage: None,
            read_only: false,
            brake: false,
            notices: Vec::new(),
            groups: Vec::new(),
            detail: None,
            proposals: Vec::new(),
            journal: Vec::new(),
            log: Vec::new(),
            decision: None,
            calendar: CalendarView::default(),
            models: Vec::new(),
            training: None,
            backtest: BacktestView::default(),
            wire: Wire::Here,
        }
    }
}

/// What lies between an engine and a screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wire {
    /// Nothing: they are one process.
    #[default]
    Here,
    /// A socket to an agent.
    Attached {
        /// The agent's process id.
        pid: u32,
        /// The name under which its journal has what is asked here.
        operator: String,
    },
    /// The agent does not answer.
    Lost {
        /// Seconds since the newest view came; `None` before the first.
        old: Option<u64>,
        /// What is wrong, cleaned.
        why: String,
    },
}

/// What reading an account costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// API calls during the last minute, all groups together.
    pub calls: u32,
    /// Calls a minute above which scale-in waits.
    pub most_calls: u32,
    /// Dollars a month for CloudWatch's metrics, at the pace of the last hour; `None` until there is a pace.
    pub monthly: Option<f64>,
}

/// How the engine's clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockView {
    /// With the world's.
    Real,
    /// Simulated, at this many seconds a second.
    Simulated {
        /// 1 to 3600.
        speed: f64,
        /// Stands still.
        paused: bool,
    },
}

/// How much a line matters. Shown by word and mark as well as by colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All is well.
    Good,
    /// Worth knowing.
    Info,
    /// Look at it.
    Warning,
    /// Act on it.
    Critical,
}

/// A line for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// What it says, cleaned.
    pub text: String,
}

/// A short mark beside a group (`stale 12 min`, `refresh 40 %`).
pub type Badge = Notice;

/// A line of the fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Name of the group.
    pub name: String,
    /// How far prescale may go.
    pub mode: Mode,
    /// Policy in force.
    pub policy: String,
    /// MinSize.
    pub min: u32,
    /// MaxSize.
    pub max: u32,
    /// DesiredCapacity.
    pub desired: u32,
    /// Serving.
    pub in_service: u32,
    /// Ordered, not yet serving.
    pub pending: u32,
    /// Newest mean CPU, percent.
    pub cpu: Option<f64>,
    /// Newest demand, load per step.
    pub demand: Option<f64>,
    /// What demand is counted in (`requests / 5 min`).
    pub demand_unit: String,
    /// Median forecast for one lead time ahead.
    pub predicted: Option<f64>,
    /// Demand of the last hours, oldest first.
    pub spark: Vec<Option<f64>>,
    /// What is unusual about the group.
    pub badges: Vec<Badge>,
    /// Next calendar event and its start.
    pub next_event: Option<(String, Time)>,
    /// Id of an open proposal.
    pub proposal: Option<i64>,
    /// Champion model in words.
    pub model: String,
    /// Its error on the recent past, share of load (0.08 = 8 %), and seasonal-naive's.
    pub wape: Option<(f64, f64)>,
    /// Observed coverage of the 0.95 quantile on the recent past.
    pub coverage: Option<f64>,
    /// How well forecasts did on the recent past, nearest target first; empty before they are scored.
    #[serde(default)]
    pub accuracy: Vec<LeadScore>,
}

/// One group in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupDetail {
    /// Name of the group.
    pub name: String,
    /// What the cloud says of it.
    pub state: GroupState,
    /// First moment of the charts.
    pub from: Time,
    /// First moment after them.
    pub until: Time,
    /// Top to bottom.
    pub charts: Vec<Chart>,
    /// Events that touch the charts.
    pub events: Vec<Event>,
    /// The newest plan.
    pub plan: Option<Plan>,
    /// Its checklist.
    pub preflight: Option<Preflight>,
    /// Launch to in service, p90 in seconds, and how many launches it was learned from.
    pub lead: (Seconds, usize),
    /// The same of launches out of the warm pool, once one was seen.
    pub warm: Option<(Seconds, usize)>,
    /// Load per step that one instance serves at 100 %, and how it was learned.
    pub capacity: Option<(f64, String)>,
    /// The running score against a reactive twin, once a minute has been counted.
    pub scorecard: Option<ScorecardView>,
    /// Demand of the next 48 hours, an hour a row; empty while too little is known. Nothing acts on it.
    #[serde(default)]
    pub outlook: Vec<OutlookRow>,
}

/// The running score against a reactive twin: target tracking on the same load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScorecardView {
    /// First day that counts.
    pub since: Time,
    /// Sums of all days.
    pub score: Score,
    /// Utilisation that the twin holds.
    pub tracking_target: f64,
    /// Price of an instance-hour.
    pub price: Option<f64>,
}

/// One hour of the outlook.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutlookRow {
    /// Start of the hour.
    pub time: Time,
    /// Demand a step, mean over the hour, that is exceeded nine times in ten.
    pub p10: f64,
    /// Exceeded as often as not.
    pub p50: f64,
    /// Exceeded once in ten.
    pub p90: f64,
}

/// How well forecasts so far ahead did on about the last week. Errors are shares of load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadScore {
    /// Seconds from the forecast to the end of the step that it spoke of.
    pub ahead: Seconds,
    /// WAPE of the median.
    pub wape: f64,
    /// Seasonal-naive's on the same targets.
    pub naive_wape: f64,
    /// The last value's on the same targets.
    pub last_wape: f64,
    /// WAPE of about the last day alone: beside `wape` it shows drift.
    pub lately: f64,
    /// Each quantile's level with the share of targets at or below it: nominal and observed coverage.
    pub held: Vec<(f64, f64)>,
}

/// What a chart speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// Demand, with prediction and band.
    Demand,
    /// Mean CPU, with the prediction that follows from demand and capacity.
    Cpu,
    /// Network in and out.
    Network,
    /// Requests.
    Requests,
    /// In service, desired, needed.
    Instances,
}

/// One chart: lines over the detail's time range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// What it speaks of.
    pub kind: ChartKind,
    /// Heading.
    pub title: String,
    /// Unit of the axis (`%`, `MB/min`, `requests / 5 min`, `instances`).
    pub unit: String,
    /// In drawing order, the last on top.
    pub lines: Vec<ChartLine>,
    /// Low and high edge of the predicted band.
    pub band: Option<(Series, Series)>,
    /// What the band is, in a word or two (`p10 to p95, 95 % held 93.8 %`).
    pub band_words: String,
    /// Values not to pass.
    pub limits: Vec<Limit>,
}

/// A value that a chart's lines should not pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Its word in the legend.
    pub label: String,
    /// Where it lies.
    pub value: f64,
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartLine {
    /// How it is drawn and called.
    pub role: LineRole,
    /// Its word in the legend.
    pub label: String,
    /// Its values; gaps are left open. On a long range two points hold the lowest and the highest of a stretch.
    pub series: Series,
    /// Its newest value up to now, whatever the range.
    #[serde(default)]
    pub newest: Option<f64>,
}

/// Meaning of a line, by which themes colour it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineRole {
    /// What happened.
    Actual,
    /// What was, or is, predicted (median).
    Predicted,
    /// A second measured line (network out).
    Second,
    /// Instances in service, drawn as steps.
    InService,
    /// Desired capacity, drawn as steps.
    Desired,
    /// Instances that demand needed, drawn as steps.
    Needed,
    /// Demand that the instances in service carry, drawn as steps.
    Capacity,
    /// What may come beyond the forecast (median).
    Outlook,
}

/// The calendar as the file has it and as it falls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CalendarView {
    /// Path of the file.
    pub path: String,
    /// Hash of the file that these entries were read from; edits name it.
    pub hash: String,
    /// Zone that entries without their own use.
    pub zone: String,
    /// In file order.
    pub entries: Vec<CalendarEntry>,
    /// Occurrences from a month back to a year ahead, by start.
    pub occurrences: Vec<Event>,
    /// What is wrong with the file, with line numbers; the last good calendar stays in force.
    pub problem: Option<String>,
    /// The edit that undo would take back, in words.
    #[serde(default)]
    pub undo: Option<String>,
    /// The edit that redo would do again, in words.
    #[serde(default)]
    pub redo: Option<String>,
}
