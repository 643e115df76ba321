//! The lines of the fleet in a view: all of them, or those that a screen has room for.
//!
//! Where each line is sent whole, a screen can list it otherwise at once. Of a fleet that is longer than the screen the engine
//! sends the lines on it and around, and of the others what tells which groups there are ([`brief`]).

use std::collections::HashSet;

use super::{
    GroupRow, View,
    fleet_list::{FleetList, FleetQuery, FleetSection, FleetTotals, FleetWindow},
};
use crate::domain::listing;

/// Digits of a number of a line, of which the screen shows four at the most.
const DIGITS: i32 = 5;
/// Digits of a point of a sparkline, of which the screen shows eight heights.
const SPARK_DIGITS: i32 = 3;

/// The lines of a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedGroups<'v> {
    /// In order.
    pub rows: Vec<&'v GroupRow>,
    /// For each row, whether it is whole; of the others only what `brief` leaves is known.
    pub whole: Vec<bool>,
    /// Sums; `None` until the engine has sent those of the filter.
    pub totals: Option<FleetTotals>,
    /// The headings over the rows; none where they are not grouped, or not yet.
    pub sections: Vec<FleetSection>,
    /// The rows are in the order that was asked for; else in the one before.
    pub ordered: bool,
}

impl View {
    /// The groups that `query` lists. Where lines were left out and the engine has not answered yet, names, sources, tags and modes
    /// are filtered here, in the order before.
    pub fn listed(&self, query: &FleetQuery) -> ListedGroups<'_> {
        match &self.fleet {
            Some(list) if list.query == *query => {
                let (rows, whole) = self.placed(list).unzip();
                let sections = list.sections.clone();
                ListedGroups { rows, whole, totals: Some(list.totals), sections, ordered: true }
            }
            Some(list) if list.cut => self.meanwhile(list, query),
            _ => {
                let places = query.places(&self.groups).into_iter();
                let rows: Vec<&GroupRow> = places.map(|at| &self.groups[at as usize]).collect();
                let totals = Some(FleetTotals::of(rows.iter().copied()));
                let sections = query.sections(&rows);
                ListedGroups { whole: vec![true; rows.len()], totals, sections, rows, ordered: true }
            }
        }
    }

    /// The rows of `list`, and whether each is whole.
    fn placed<'v>(&'v self, list: &'v FleetList) -> impl Iterator<Item = (&'v GroupRow, bool)> {
        let places = list.places.iter().take(self.groups.len()).enumerate();
        places.filter_map(|(i, at)| Some((self.groups.get(*at as usize)?, list.whole.contains(&i))))
    }

    /// What is listed until the engine answers `query`: the rows of `list`, by another filter if there is one.
    fn meanwhile<'v>(&'v self, list: &'v FleetList, query: &FleetQuery) -> ListedGroups<'v> {
        let same = query.filter == list.query.filter;
        let listed: HashSet<u32> = list.places.iter().copied().collect();
        let others = (0..).zip(&self.groups).filter(|(at, _)| !same && !listed.contains(at));
        let rows = self.placed(list).chain(others.map(|(_, row)| (row, false)));
        let (rows, whole) = rows.filter(|(row, _)| same || query.lets(row)).unzip();
        let order = |query: &FleetQuery| (query.order, query.reversed, query.grouping);
        let sections = if same { list.sections.clone() } else { Vec::new() };
        let ordered = order(query) == order(&list.query);
        ListedGroups { rows, whole, totals: same.then_some(list.totals), sections, ordered }
    }

    /// The line of the group called `name`, where nothing was left out of it.
    pub fn whole_row(&self, name: &str) -> Option<&GroupRow> {
        let whole = self.fleet.as_ref().is_none_or(|list| list.kept.as_deref() == Some(name));
        self.groups.iter().find(|row| whole && row.name == name)
    }

    /// True where a group has an error budget.
    pub fn has_budgets(&self) -> bool {
        self.fleet.as_ref().is_some_and(|list| list.budgets)
            || self.groups.iter().any(|row| row.budget.is_some())
    }

    /// Lists the fleet for `window`, and leaves out of the lines what it does not show; that of `group` stays as it is.
    pub fn cut_fleet(&mut self, window: FleetWindow, group: Option<&str>) {
        let FleetWindow { query, around, rows } = window;
        let places = query.places(&self.groups);
        let is_around = |at: &u32| Some(&self.groups[*at as usize].name) == around.as_ref();
        let cursor = places.iter().position(is_around).unwrap_or(0);
        let cut = self.groups.len() > rows;
        let whole = if cut { listing::seen(cursor, places.len(), rows) } else { 0..places.len() };
        let rows: Vec<&GroupRow> = places.iter().map(|at| &self.groups[*at as usize]).collect();
        let (totals, sections) = (FleetTotals::of(rows.iter().copied()), query.sections(&rows));
        let budgets = self.has_budgets();
        let mut shown = vec![!cut; self.groups.len()];
        places[whole.clone()].iter().for_each(|at| shown[*at as usize] = true);
        for (row, shown) in self.groups.iter_mut().zip(shown) {
            match shown {
                _ if Some(row.name.as_str()) == group => {}
                true => as_listed(row),
                false => brief(row),
            }
        }
        let kept = group.map(str::to_owned);
        self.fleet = Some(FleetList { query, places, whole, cut, totals, sections, budgets, kept });
    }
}

/// Leaves of a line what the fleet page shows, with the digits that it shows.
fn as_listed(row: &mut GroupRow) {
    row.cpu = row.cpu.map(f64::round);
    for value in [&mut row.demand, &mut row.predicted] {
        *value = value.map(|value| rounded(value, DIGITS));
    }
    for point in row.spark.iter_mut().flatten() {
        *point = rounded(*point, SPARK_DIGITS);
    }
    if let Some(budget) = &mut row.budget {
        budget.spent = rounded(budget.spent, DIGITS);
        let round = |rate: Option<f64>| rate.map(|rate| rounded(rate, DIGITS));
        budget.rates = (round(budget.rates.0), round(budget.rates.1));
        budget.hours = (rounded(budget.hours.0, DIGITS), rounded(budget.hours.1, DIGITS));
    }
    // An age is shown where data are late.
    row.data_age = row.data_age.filter(|_| row.late);
    (row.wape, row.coverage) = (None, None);
    row.accuracy.clear();
    row.forecasts.clear();
}

/// Leaves of a line what tells which group it is and what one may do with it: what hardly ever changes.
fn brief(row: &mut GroupRow) {
    (row.min, row.max, row.desired, row.in_service, row.pending) = (0, 0, 0, 0, 0);
    (row.cpu, row.demand, row.predicted, row.planned, row.data_age) = (None, None, None, None, None);
    (row.wape, row.coverage, row.budget, row.next_event) = (None, None, None, None);
    row.late = false;
    row.spark.clear();
    row.badges.clear();
    row.accuracy.clear();
    row.forecasts.clear();
    row.blocked.clear();
}

/// `value` with so many significant digits.
fn rounded(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let places = digits - 1 - value.abs().log10().floor() as i32;
    // The nearest number that has few digits in decimals: what a text is read as.
    format!("{value:.*}", places.clamp(0, 20) as usize).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests;
