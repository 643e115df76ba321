//! A group as screens show it: its line of the fleet, and in full.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Badge, Chart, LearningView, PastGroup, WhatIfView};
use crate::domain::{
    Seconds, Time, decision::Mode, error_budget::ErrorBudget, event::Event, group::GroupState, plan::Plan,
    preflight::Preflight, scorecard::Score,
};

/// A line of the fleet. It has many fields because it is one row of a wide table, a field a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Name of the group.
    pub name: String,
    /// What its source is called; empty where there is one alone, without a name.
    #[serde(default)]
    pub source: String,
    /// Value of the tag that the configuration lists groups by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Newest demand, load per step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<f64>,
    /// What demand is counted in (`requests / 5 min`).
    pub demand_unit: String,
    /// Median forecast for one lead time ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<f64>,
    /// Demand of the last hours, oldest first.
    pub spark: Vec<Option<f64>>,
    /// What is unusual about the group.
    pub badges: Vec<Badge>,
    /// Next calendar event and its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_event: Option<(String, Time)>,
    /// The error budget of the group's objective, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<ErrorBudget>,
    /// Id of an open proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<i64>,
    /// Champion model in words.
    pub model: String,
    /// Its error on the recent past, share of load (0.08 = 8 %), and seasonal-naive's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wape: Option<(f64, f64)>,
    /// Observed coverage of the 0.95 quantile on the recent past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
    /// How well forecasts did on the recent past, nearest target first; empty before they are scored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accuracy: Vec<LeadScore>,
    /// The newest forecast, of the moments that matter most; empty before there is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forecasts: Vec<LeadForecast>,
    /// What the newest plan wants, before preflight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u32>,
    /// Names of the checks that stand against the newest plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
    /// Seconds since the newest demand that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_age: Option<Seconds>,
    /// True when a point of demand is missing: the newest is older than the metric's own publication explains.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// What AWS does to the group by itself, which the brake does not hold: policies that scale in, scheduled actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts_by_itself: Vec<String>,
    /// Seconds until an instance ordered now serves, plus one cycle.
    #[serde(default)]
    pub lead: Seconds,
}

/// One group in full. It has many fields because each is one part of its page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupDetail {
    /// Name of the group.
    pub name: String,
    /// What the cloud says of it.
    pub state: GroupState,
    /// Terminate is suspended by prescale, until the brake is released.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_terminate: bool,
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
    /// How the metric of demand is published, in words, once measured.
    #[serde(default)]
    pub publication: Option<String>,
    /// The running score against the simulated target-tracking baseline, once a minute has been counted.
    #[serde(rename = "ledger", alias = "scorecard")]
    pub scorecard: Option<ScorecardView>,
    /// Demand of the next 48 hours, an hour a row; empty while too little is known. Nothing acts on it.
    #[serde(default)]
    pub outlook: Vec<OutlookRow>,
    /// What the median of forecasts is mixed of, nearest target first; empty before they are scored.
    #[serde(default)]
    pub mixes: Vec<LeadMix>,
    /// What forecasts were learned from, and when a network is trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning: Option<LearningView>,
    /// What was known at the moment of the past that was asked for; the charts are of then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Box<PastGroup>>,
    /// What would come of what is changed in thought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<Box<WhatIfView>>,
}

/// The running score against the simulated baseline: target tracking on the same load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScorecardView {
    /// First day that counts.
    pub since: Time,
    /// Sums of all days.
    pub score: Score,
    /// Utilisation that the baseline holds.
    pub tracking_target: f64,
    /// Price of an instance-hour.
    pub price: Option<f64>,
    /// The date of AWS's list price that it is; `None` where the price is configured.
    #[serde(default)]
    pub list_price: Option<NaiveDate>,
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

/// The forecast of one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadForecast {
    /// Which moment.
    pub lead: ForecastLead,
    /// Seconds from now to the end of the step that it speaks of.
    pub ahead: Seconds,
    /// Each level with its quantile of demand, load per step.
    pub quantiles: Vec<(f64, f64)>,
}

/// A moment ahead that has the same name for every group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastLead {
    /// One lead time and a cycle ahead: the one that capacity is provisioned by.
    LeadTime,
    /// An hour ahead.
    Hour,
}

impl ForecastLead {
    /// Its word in labels.
    pub fn name(self) -> &'static str {
        match self {
            ForecastLead::LeadTime => "plan",
            ForecastLead::Hour => "hour",
        }
    }
}

/// What the median of forecasts so far ahead is mixed of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadMix {
    /// Seconds from the forecast to the end of the step that it speaks of.
    pub ahead: Seconds,
    /// Each expert with its weight; they sum to one.
    pub weights: Vec<(String, f64)>,
    /// The weights at the end of each of the last days, in the same order, each day with its start (UTC); of the lead that
    /// plans look at, else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<(Time, Vec<f64>)>,
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
