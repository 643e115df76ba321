//! The orders in which the fleet can be listed.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{GroupRow, Level};
use crate::domain::decision::Mode;

/// By what groups are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// What needs a person first: open proposals, then what is wrong, then advice that nobody follows.
    #[default]
    Need,
    /// Error budget, fastest burning first, where a group has one.
    Budget,
    /// Name.
    Name,
    /// Change that the newest plan wants, largest first.
    Plan,
    /// How far prescale may go, furthest first.
    Mode,
    /// What asks for a person: an open proposal, then the worst badge.
    Health,
    /// Demand now, most first.
    Demand,
    /// CPU, most first.
    Cpu,
    /// Instances on their way, most first.
    Pending,
    /// Desired capacity, most first.
    Size,
    /// Start of the next event, soonest first.
    Event,
    /// Source, where there are several.
    Source,
    /// Value of the tag that groups are listed by, where one is configured.
    Tag,
}

/// In which the key for the next order goes through them.
const ALL: [SortOrder; 13] = [
    SortOrder::Need,
    SortOrder::Budget,
    SortOrder::Name,
    SortOrder::Plan,
    SortOrder::Mode,
    SortOrder::Health,
    SortOrder::Demand,
    SortOrder::Cpu,
    SortOrder::Pending,
    SortOrder::Size,
    SortOrder::Event,
    SortOrder::Source,
    SortOrder::Tag,
];

impl SortOrder {
    /// The next one of those that `offers` something to see, counted round.
    pub fn next(self, offers: impl Fn(SortOrder) -> bool) -> SortOrder {
        let after = ALL.iter().skip_while(|order| **order != self).skip(1);
        after.copied().find(|order| offers(*order)).unwrap_or_default()
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            SortOrder::Need => "need",
            SortOrder::Budget => "burn of the error budget",
            SortOrder::Name => "name",
            SortOrder::Plan => "plan",
            SortOrder::Mode => "mode",
            SortOrder::Health => "health",
            SortOrder::Demand => "demand",
            SortOrder::Cpu => "CPU",
            SortOrder::Pending => "pending",
            SortOrder::Size => "size",
            SortOrder::Event => "next event",
            SortOrder::Source => "source",
            SortOrder::Tag => "tag",
        }
    }

    /// Compares two groups; where they are alike, by name.
    pub fn compare(self, a: &GroupRow, b: &GroupRow) -> Ordering {
        let first = match self {
            SortOrder::Need => need(b).cmp(&need(a)),
            SortOrder::Budget => burn(b).total_cmp(&burn(a)),
            SortOrder::Name => Ordering::Equal,
            SortOrder::Plan => change(b).cmp(&change(a)),
            SortOrder::Mode => reach(b.mode).cmp(&reach(a.mode)),
            SortOrder::Health => health(b).cmp(&health(a)),
            SortOrder::Demand => most_first(a.demand, b.demand),
            SortOrder::Cpu => most_first(a.cpu, b.cpu),
            SortOrder::Pending => b.pending.cmp(&a.pending),
            SortOrder::Size => b.desired.cmp(&a.desired),
            SortOrder::Event => soonest_first(a, b),
            SortOrder::Source => a.source.cmp(&b.source),
            // Without the tag comes last.
            SortOrder::Tag => (a.tag.is_none(), &a.tag).cmp(&(b.tag.is_none(), &b.tag)),
        };
        first.then_with(|| a.name.cmp(&b.name))
    }
}

/// How fast the error budget of the last hour burns, then how much is spent; below all without one.
fn burn(row: &GroupRow) -> f64 {
    let Some(budget) = row.budget else { return f64::NEG_INFINITY };
    budget.rates.0.unwrap_or(0.0) + budget.spent.clamp(0.0, 1e3) * 1e-6
}

fn reach(mode: Mode) -> u8 {
    match mode {
        Mode::Observe => 0,
        Mode::Approve => 1,
        Mode::Auto => 2,
    }
}

/// Instances that the newest plan would add or remove.
fn change(row: &GroupRow) -> u32 {
    row.planned.map_or(0, |want| want.abs_diff(row.desired))
}

/// The worst of what is wrong with a group.
fn wrong(row: &GroupRow) -> Option<Level> {
    let worst = row.badges.iter().map(|b| b.level).max().filter(|level| *level >= Level::Warning);
    worst.max(row.late.then_some(Level::Warning))
}

/// How much a group needs a person: a proposal to answer, something wrong, advice that prescale may not follow itself.
fn need(row: &GroupRow) -> (bool, Option<Level>, u32) {
    let advised = if row.mode == Mode::Observe { change(row) } else { 0 };
    (row.proposal.is_some(), wrong(row), advised)
}

impl GroupRow {
    /// True for a group with a proposal to answer or something wrong.
    pub fn needs_a_person(&self) -> bool {
        self.proposal.is_some() || wrong(self).is_some()
    }
}

/// An open proposal counts most, then the worst badge.
fn health(row: &GroupRow) -> (bool, Option<Level>) {
    (row.proposal.is_some(), row.badges.iter().map(|b| b.level).max())
}

/// More before less; what is not known comes last.
fn most_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    let known = |v: Option<f64>| v.filter(|v| v.is_finite()).unwrap_or(f64::NEG_INFINITY);
    known(b).total_cmp(&known(a))
}

/// Without an event comes last.
fn soonest_first(a: &GroupRow, b: &GroupRow) -> Ordering {
    let start = |row: &GroupRow| row.next_event.as_ref().map(|(_, at)| *at);
    match (start(a), start(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
