//! What the history says of a group: load, forecasts against what came, and what was done about it.
//!
//! A report is read from the store alone, beside a running console or agent, and is written as Markdown, CSV, JSON or one
//! HTML page that carries its charts. It ends at the newest sample, not at the present, so that the same history gives
//! the same report.
//!
//! Start with [`Report::read`]; `measure` has the figures, `markdown`, `rows` and `html` write them. [`explain`] tells of one
//! decision.

pub mod explain;
mod html;
mod markdown;
mod measure;
mod rows;

pub use measure::{Accuracy, DemandSummary, GroupReport, ObjectiveKept};

use std::path::Path;

use chrono_tz::Tz;
use serde::Serialize;

use crate::{
    domain::{Seconds, Time, metric::Metric, objective::Objective, shift},
    store::{Store, StoreError},
};

/// What to report.
pub struct ReportRequest<'a> {
    /// One group; all of them when absent.
    pub group: Option<&'a str>,
    /// How much of the newest history.
    pub length: Seconds,
    /// Utilisation that a group is not to exceed, and its objective.
    pub promise: &'a dyn Fn(&str) -> (f64, Option<Objective>),
}

/// Figures of one group or of the fleet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// One entry a group, by name.
    pub groups: Vec<GroupReport>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The history could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such group.
    #[error("no group called `{group}` is in the history; it knows {known}")]
    Unknown {
        /// As asked for.
        group: String,
        /// Those that there are.
        known: String,
    },
    /// Nothing there yet.
    #[error("the history holds no demand yet; let prescale or prescale agent run for a few minutes first")]
    Empty,
    /// No such decision.
    #[error("{what}{near}")]
    NoDecision {
        /// What was asked for.
        what: String,
        /// Those beside it.
        near: String,
    },
    /// A moment says nothing without its group.
    #[error("a moment needs its group: --group NAME, one of {known}")]
    WhichGroup {
        /// Those that there are.
        known: String,
    },
}

/// The history at `path`, to read alone.
///
/// # Errors
/// [`ReportError::Store`] says why there is none.
pub fn open(path: &Path) -> Result<Store, ReportError> {
    Ok(Store::read_only(path)?)
}

impl Report {
    /// Reads what `request` asks for.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn read(store: &Store, request: &ReportRequest<'_>) -> Result<Report, ReportError> {
        let spans: Vec<_> = store.spans()?.into_iter().filter(|s| s.metric == Metric::Demand).collect();
        if spans.is_empty() {
            return Err(ReportError::Empty);
        }
        let wanted = |name: &str| request.group.is_none_or(|group| group == name);
        let mut groups: Vec<GroupReport> = Vec::new();
        for span in spans.iter().filter(|span| wanted(&span.group)) {
            let until = shift(span.last, span.step);
            let window = (shift(until, -request.length).max(span.first), until);
            groups.push(measure::group(store, span, window, (request.promise)(&span.group))?);
        }
        match request.group {
            Some(group) if groups.is_empty() => {
                let mut known: Vec<&str> = spans.iter().map(|s| s.group.as_str()).collect();
                known.dedup();
                Err(ReportError::Unknown { group: group.into(), known: known.join(", ") })
            }
            _ => Ok(Report { groups }),
        }
    }

    /// As Markdown, times in `zone`.
    pub fn markdown(&self, zone: Tz) -> String {
        self.groups.iter().map(|group| markdown::group(group, zone)).collect::<Vec<_>>().join("\n")
    }

    /// As CSV: `group,measure,minutes_ahead,value`.
    pub fn csv(&self) -> String {
        rows::write(self)
    }

    /// As one HTML page that needs no other file, times in `zone`.
    pub fn html(&self, zone: Tz) -> String {
        html::page(self, zone)
    }
}

/// `time` in `zone`, to the minute.
fn stamp(time: Time, zone: Tz) -> String {
    time.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests;
