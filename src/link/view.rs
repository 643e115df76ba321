//! The snapshot that screens are drawn from.

use serde::{Deserialize, Serialize};

use super::{
    BacktestView, FleetList, GroupDetail, GroupRow, LogLine, ModelRow, Notice, PastFleet, TrainingView,
};
use crate::{
    calendar::CalendarEntry,
    domain::{Time, at_epoch, decision::Decision, event::Event, journal::JournalEntry},
};

/// Everything a screen may show at one moment. It has many fields because each is one thing that a page reads, by its name in
/// the JSON of the socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Grows by one with every view; 0 is the empty view before the first.
    pub serial: u64,
    /// How far the first minute is, before there is anything to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starting: Option<StartView>,
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
    /// The sources, where they have names; else there is one alone, and `source` says which.
    #[serde(default)]
    pub sources: Vec<SourceView>,
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
    /// How the fleet is listed, where [`super::Viewport`] asked for a part of it; then the lines of `groups` are those of that part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetList>,
    /// The group that [`super::Viewport`] asked for.
    pub detail: Option<GroupDetail>,
    /// The fleet as of the moment of the past that [`super::Viewport`] asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet_then: Option<Box<PastFleet>>,
    /// Proposals that wait for a person, oldest first.
    pub proposals: Vec<Decision>,
    /// The API calls that carry out each decision in this view, by its id, as the cloud names them.
    #[serde(default)]
    pub calls: Vec<(i64, Vec<String>)>,
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
    /// How the loop keeps up, and how large its store is.
    #[serde(default)]
    pub engine_loop: LoopView,
    /// What lies between the engine and the screen; the engine itself leaves it at nothing.
    #[serde(skip)]
    pub connection: ConnectionState,
}

impl View {
    /// True when the engine cannot be reached and this is an old picture.
    pub fn is_lost(&self) -> bool {
        matches!(self.connection, ConnectionState::Lost { .. })
    }

    /// The sources that were not read at the newest look.
    pub fn troubled(&self) -> impl Iterator<Item = &SourceView> {
        self.sources.iter().filter(|source| source.problem.is_some())
    }

    /// The groups that AWS's own policies and schedules can still shrink while the brake is on.
    pub fn not_held(&self) -> impl Iterator<Item = &GroupRow> {
        self.groups.iter().filter(|group| !group.acts_by_itself.is_empty())
    }

    /// The API calls that carry out the decision with this id, in their order.
    pub fn calls(&self, decision: i64) -> &[String] {
        self.calls.iter().find(|(id, _)| *id == decision).map_or(&[], |(_, calls)| calls)
    }
}

impl Default for View {
    fn default() -> Self {
        View {
            serial: 0,
            starting: None,
            now: at_epoch(0),
            zone: "UTC".into(),
            clock: ClockView::Real,
            source: String::new(),
            simulated: false,
            sources: Vec::new(),
            usage: None,
            read_only: false,
            brake: false,
            notices: Vec::new(),
            groups: Vec::new(),
            fleet: None,
            detail: None,
            fleet_then: None,
            proposals: Vec::new(),
            calls: Vec::new(),
            journal: Vec::new(),
            log: Vec::new(),
            decision: None,
            calendar: CalendarView::default(),
            models: Vec::new(),
            training: None,
            backtest: BacktestView::default(),
            engine_loop: LoopView::default(),
            connection: ConnectionState::Here,
        }
    }
}

/// How far the engine's first minute is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartView {
    /// Groups that are done.
    pub done: usize,
    /// Groups in all; 0 before they are known.
    pub groups: usize,
    /// What it does or waits for, in words.
    pub what: String,
}

/// What lies between an engine and a screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConnectionState {
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

/// One of several sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceView {
    /// What it is called.
    pub name: String,
    /// What it is (`aws eu-west-1 123456789012`).
    pub place: String,
    /// Groups of it that are known.
    pub groups: usize,
    /// What reading it costs.
    pub usage: Usage,
    /// Why it was not read in full at the newest look, if it was not.
    pub problem: Option<Notice>,
    /// Its groups were read; a problem is one of their metrics.
    #[serde(default)]
    pub groups_read: bool,
    /// So were the metrics of some of them.
    #[serde(default)]
    pub some_metrics_read: bool,
}

/// What reading an account costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// API calls during the last minute, all groups together.
    pub calls: u32,
    /// Calls a minute above which scale-in waits.
    pub most_calls: u32,
    /// API calls since the start.
    #[serde(default)]
    pub total_calls: u64,
    /// Dollars a month for CloudWatch's metrics, at the pace of the last hour; `None` until there is a pace.
    pub monthly: Option<f64>,
}

/// How the engine's loop keeps up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LoopView {
    /// Minutes processed since the start.
    pub minutes: u64,
    /// Seconds that the newest one took.
    pub took: f64,
    /// Seconds of the engine's clock by which it began late.
    pub late: f64,
    /// Bytes of the history on disk.
    pub store_bytes: u64,
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
