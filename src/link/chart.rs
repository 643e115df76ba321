//! Charts of a group: lines over a time range, already cut to the width asked for.

use serde::{Deserialize, Serialize};

use crate::domain::{Time, series::Series};

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
    /// The band's label in the legend (`p10-p95; p95 covered 93.8 %`); `band_words` in the protocol, as in 0.1.
    #[serde(rename = "band_words")]
    pub band_label: String,
    /// Values not to pass.
    pub limits: Vec<Limit>,
}

impl Chart {
    /// A chart of `lines`, without a band or limits.
    pub fn new(kind: ChartKind, title: &str, unit: impl Into<String>, lines: Vec<ChartLine>) -> Chart {
        Chart {
            kind,
            title: title.into(),
            unit: unit.into(),
            lines,
            band: None,
            band_label: String::new(),
            limits: Vec::new(),
        }
    }
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
    /// Start of the step that the newest value is of, where that is not as good as now: a step longer than a minute, or a minute
    /// that is long over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_at: Option<Time>,
}

impl ChartLine {
    /// The line of `series`; its `newest` value is that of now.
    pub fn of(role: LineRole, label: impl Into<String>, series: Series, newest: Option<f64>) -> ChartLine {
        ChartLine { role, label: label.into(), series, newest, newest_at: None }
    }
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
    /// What came after the moment of the past that is shown.
    Came,
}
