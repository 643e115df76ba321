//! What passes between the engine and whoever watches it: one [`View`] out, [`Command`]s in.
//!
//! A [`View`] is a snapshot of everything a screen may show, already cut to the range and width asked for,
//! so that drawing is a pure function of it. A [`Command`] is one thing an operator may ask; the engine
//! answers each with [`Answer`](crate::domain::Answer): done (in words), or why not. Both are plain serde values: in process they
//! pass over channels ([`Link`], in `channel`); between processes over a [`socket`], whose client holds the other end
//! of the same channels, so that a console does not know which of the two it is.

mod backtest;
mod channel;
mod chart;
mod command;
#[cfg(test)]
mod fixture;
mod fleet_list;
mod fleet_order;
mod fleet_view;
mod group;
mod log;
mod models;
mod notice;
pub mod operator;
mod past;
mod past_answer;
pub mod socket;
mod summary;
mod view;
mod viewport;
mod what_if;

pub use backtest::{Backtest, BacktestRow, BacktestState, BacktestView};
pub use channel::{Door, EngineEnd, Link, Request, ViewDoor, Viewer, door, pair};
pub use chart::{Chart, ChartKind, ChartLine, Limit, LineRole};
pub use command::{CalendarEdit, ClockCommand, Command};
pub use fleet_list::{FleetList, FleetQuery, FleetSection, FleetTotals, FleetWindow, Grouping};
pub use fleet_order::SortOrder;
pub use fleet_view::ListedGroups;
pub use group::{
    ForecastLead, GroupDetail, GroupRow, LeadForecast, LeadMix, LeadScore, OutlookRow, ScorecardView,
};
pub use log::{LogBuffer, LogLine};
pub use models::{EpochLoss, LearningView, ModelRow, ModelScore, TrainingState, TrainingView};
pub use notice::{Badge, Level, Notice};
pub use past::{DecisionsBeside, PastDecision, PastFleet, PastGroup, PastMoment, PastRow};
pub use past_answer::PastAnswer;
pub use summary::{FleetSummary, GroupSummary, ProposalSummary};
pub use view::{CalendarView, ClockView, ConnectionState, LoopView, SourceView, StartView, Usage, View};
pub use viewport::{ForecastOverlay, Viewport};
pub use what_if::{Compared, FileChange, WhatIfView};
