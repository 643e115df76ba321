//! The fleet as a screen lists it: which groups, in which order, and what they come to.
//!
//! [`FleetQuery::places`] orders and filters, in the engine and where a screen does so itself; `fleet_view` says which of them does.

use std::{cmp::Ordering, ops::Range};

use serde::{Deserialize, Serialize};

use super::{GroupRow, fleet_order::SortOrder};
use crate::domain::listing;

/// What the groups of a fleet are listed by, under a heading each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Nothing: one list.
    #[default]
    None,
    /// The tag that groups are listed with.
    Tag,
    /// The source: an account and region.
    Source,
}

impl Grouping {
    /// The next one of those that `offers` more than one list, counted round.
    pub fn next(self, offers: impl Fn(Grouping) -> bool) -> Grouping {
        let round = [Grouping::None, Grouping::Tag, Grouping::Source];
        let after = round.into_iter().skip_while(|grouping| *grouping != self).skip(1);
        after.into_iter().find(|grouping| offers(*grouping)).unwrap_or_default()
    }

    /// The heading that `row` stands under; `None` where it has no tag, or where there are none.
    fn heading(self, row: &GroupRow) -> Option<&str> {
        match self {
            Grouping::None => None,
            Grouping::Tag => row.tag.as_deref(),
            Grouping::Source => Some(&row.source),
        }
    }

    /// Compares two groups by their headings; those without one come last.
    fn compare(self, a: &GroupRow, b: &GroupRow) -> Ordering {
        let (a, b) = (self.heading(a), self.heading(b));
        (a.is_none(), a).cmp(&(b.is_none(), b))
    }
}

/// Groups that are listed under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetSection {
    /// The tag or the source; `None` for groups without the tag.
    pub heading: Option<String>,
    /// Sums over them.
    pub totals: FleetTotals,
}

/// Which groups are listed, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetQuery {
    /// The order.
    pub order: SortOrder,
    /// The last one first.
    pub reversed: bool,
    /// Words, each of which must be found in a group's line.
    pub filter: String,
    /// Under which headings; the order is that within each.
    #[serde(default)]
    pub grouping: Grouping,
}

/// What a screen shows of the fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetWindow {
    /// Which groups, and in which order.
    pub query: FleetQuery,
    /// The group that the cursor is on; the first where it is on none.
    pub around: Option<String>,
    /// Rows that there is room for.
    pub rows: usize,
}

/// Sums over the groups that are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetTotals {
    /// Groups that are listed.
    pub listed: usize,
    /// Those with a proposal to answer or something wrong.
    pub needs: usize,
    /// Instances that serve.
    pub in_service: u64,
    /// Desired capacity.
    pub desired: u64,
    /// Instances on their way.
    pub pending: u64,
    /// Groups whose newest plan adds instances, and how many.
    pub adds: (usize, u64),
    /// Groups whose newest plan removes instances, and how many.
    pub removes: (usize, u64),
}

/// The fleet as the engine lists it for a [`FleetWindow`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetList {
    /// What it answers.
    pub query: FleetQuery,
    /// Where the groups that are listed stand in the view's groups, in order.
    pub places: Vec<u32>,
    /// First and last (exclusive) of `places` whose lines are sent whole.
    pub whole: Range<usize>,
    /// Lines were left out: the fleet is longer than the screen.
    pub cut: bool,
    /// Sums over those that are listed.
    pub totals: FleetTotals,
    /// The headings in their order, each over as many lines as its sums count; none where nothing is asked to be grouped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<FleetSection>,
    /// Some group has an error budget.
    pub budgets: bool,
    /// The group of whose line nothing was left out: the one in detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

impl FleetQuery {
    /// Where the groups that are listed stand in `groups`, in order.
    pub fn places(&self, groups: &[GroupRow]) -> Vec<u32> {
        let mut listed: Vec<(u32, &GroupRow)> = (0..).zip(groups).filter(|(_, row)| self.lets(row)).collect();
        listed.sort_by(|(_, a), (_, b)| {
            let within = || match self.reversed {
                true => self.order.compare(b, a),
                false => self.order.compare(a, b),
            };
            self.grouping.compare(a, b).then_with(within)
        });
        listed.into_iter().map(|(place, _)| place).collect()
    }

    /// The headings over `rows`, which are in the order of the query.
    pub fn sections(&self, rows: &[&GroupRow]) -> Vec<FleetSection> {
        if self.grouping == Grouping::None {
            return Vec::new();
        }
        let together = |a: &&GroupRow, b: &&GroupRow| self.grouping.compare(a, b).is_eq();
        let section = |rows: &[&GroupRow]| FleetSection {
            heading: rows.first().and_then(|row| self.grouping.heading(row)).map(str::to_owned),
            totals: FleetTotals::of(rows.iter().copied()),
        };
        rows.chunk_by(together).map(section).collect()
    }

    /// True if the filter lets `row` through.
    pub fn lets(&self, row: &GroupRow) -> bool {
        self.filter.is_empty() || listing::lets(&self.filter, &row.words())
    }
}

impl FleetTotals {
    /// The sums over `rows`.
    pub fn of<'r>(rows: impl IntoIterator<Item = &'r GroupRow>) -> FleetTotals {
        let mut totals = FleetTotals::default();
        for row in rows {
            totals.listed += 1;
            totals.needs += usize::from(row.needs_a_person());
            totals.in_service += u64::from(row.in_service);
            totals.desired += u64::from(row.desired);
            totals.pending += u64::from(row.pending);
            let want = row.planned.unwrap_or(row.desired);
            for (side, change) in [
                (&mut totals.adds, want.saturating_sub(row.desired)),
                (&mut totals.removes, row.desired.saturating_sub(want)),
            ] {
                *side = (side.0 + usize::from(change > 0), side.1 + u64::from(change));
            }
        }
        totals
    }
}

impl GroupRow {
    /// What a filter looks at.
    pub fn words(&self) -> String {
        let badges = self.badges.iter().map(|b| b.text.as_str()).collect::<Vec<_>>().join(" ");
        let tag = self.tag.as_deref().unwrap_or_default();
        format!("{} {} {tag} {} {badges}", self.name, self.source, self.mode.name())
    }
}
